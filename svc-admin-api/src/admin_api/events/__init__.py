"""The event stream of an organization: what happened, in order, to be read and followed."""
