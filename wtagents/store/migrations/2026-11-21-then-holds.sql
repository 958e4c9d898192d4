-- What a landing is held for, and which held request a person has approved.
ALTER TABLE merge_request ADD COLUMN holds TEXT NOT NULL DEFAULT '[]';  -- JSON list of core/merge.Hold
ALTER TABLE merge_request ADD COLUMN approves INTEGER REFERENCES merge_request (id);
