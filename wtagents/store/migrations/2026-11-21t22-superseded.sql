-- `attempts` counts landings that were cut off; a target that moves meanwhile is nobody's fault.
ALTER TABLE merge_request ADD COLUMN superseded INTEGER NOT NULL DEFAULT 0 CHECK (superseded >= 0);
