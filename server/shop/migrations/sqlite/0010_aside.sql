-- When a shopper's money was set aside at the sandbox provider, to be taken when the shop asks for it.
ALTER TABLE sandbox_payment ADD COLUMN aside_at INTEGER;
