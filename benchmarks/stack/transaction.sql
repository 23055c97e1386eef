-- What a callback writes, as a service writes it by hand: three statements in a transaction. pgbench sets clients and first.
\set n :n + 1
\set number :first + (:n - 1) * :clients + :client_id
BEGIN;
UPDATE payments SET status = 'COMPLETED', "completedAt" = now() AT TIME ZONE 'UTC', "updatedAt" = now() AT TIME ZONE 'UTC' WHERE "orderCode" = 'TB-BENCH-' || :number::text AND status = 'PENDING' RETURNING id AS payment \gset
INSERT INTO payment_inbox (gateway, "dedupKey", "paymentId", "transactionId", "chargeId", status, amount, currency, outcome, refusal, raised, "receivedAt") VALUES ('zalopay', :number::text, :payment::text, :number::text, :number::text, 'succeeded', 250000, 'VND', 'applied', 'none', false, now() AT TIME ZONE 'UTC');
INSERT INTO outbox (id, "aggregateId", "aggregateType", "eventType", payload) VALUES (gen_random_uuid()::text, :payment::text, 'Payment', 'PAYMENT_COMPLETED', ('{"payment_id": "' || :payment::text || '", "order_code": "TB-BENCH-' || :number::text || '", "amount_cents": 250000, "currency": "VND", "provider": "zalopay", "transaction_id": "' || :number::text || '", "completed_at": "2025-11-21T08:00:00.000Z"}')::jsonb);
COMMIT;
