-- What a run may use of the budgets; NULL has no limit.
ALTER TABLE run ADD COLUMN allowance_usd REAL;
ALTER TABLE run ADD COLUMN allowance_tokens INTEGER;
