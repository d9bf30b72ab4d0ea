"""What several servers over one cluster of etcd cost, and where that ends."""
