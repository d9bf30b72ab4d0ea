"""From configs to objects: schemas, checks, plans, builds."""

from registry.factorizer.factorizer import SchemaFactorizer
from registry.factorizer.plan import ConfigPlan
from registry.factorizer.values import value_converter

__all__ = ["ConfigPlan", "SchemaFactorizer", "value_converter"]
