"""The libraries that run engines, each in modules of its own; nothing else imports them."""
