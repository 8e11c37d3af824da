"""Hold an HTTP service against the published Confluent Cloud and Datadog API documents."""
