//! Judgements as a user would notice them.
