"""What two namespaces do not have alike."""
