"""A folder that keeps an organisation's records: an audit log, a store that follows it, and checked writes."""
