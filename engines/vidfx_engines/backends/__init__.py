"""One backend per inference library; nothing else imports these libraries."""
