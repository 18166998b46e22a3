"""Three brokers of Apache Kafka with TLS and a login, a load of posts, and faults; for the tests and the benchmark."""
