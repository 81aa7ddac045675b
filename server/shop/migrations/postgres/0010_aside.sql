-- When a shopper's money was set aside at the sandbox provider, to be taken or let go when the shop asks for it.
ALTER TABLE sandbox_payment ADD COLUMN aside_at BIGINT;
-- Nobody begins to pay after that.
ALTER TABLE sandbox_payment ADD COLUMN expires_at BIGINT;
