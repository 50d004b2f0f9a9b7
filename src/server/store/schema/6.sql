-- More modes of registered rooms, in the sixth format: `joins:seconds`, and seconds.
ALTER TABLE room ADD COLUMN joins TEXT;
ALTER TABLE room ADD COLUMN wait INTEGER;
