//! How it is said that a limit is exceeded.

use super::{Excess, Judge};
use crate::judge::words::{amount, delta, unsigned};
use crate::model::report::accept_command;
use crate::model::{Evidence, Ratio};

impl Judge<'_> {
    pub(super) fn amount(&self, evidence: &Evidence) -> String {
        amount(self.key.metric, evidence.quantity().get())
    }

    pub(super) fn sentence(&self, excess: Excess, before: &Evidence, after: &Evidence) -> String {
        let unit = self.key.metric;
        match excess {
            Excess::Growth => {
                format!(
                    "{}, and {} and {} more are allowed",
                    delta(self.key.metric, before, after),
                    unsigned(self.growth()),
                    amount(unit, self.limits.floor.get())
                )
            }
            Excess::Ceiling => {
                let new = self.amount(after);
                match (self.limits.at_most.filter(|most| after.quantity() > *most), self.limits.at_least) {
                    (None, Some(least)) => format!("{new}, and {} is the least it must be", amount(unit, least.get())),
                    (most, _) => {
                        let most = most.map_or(0.0, crate::model::Quantity::get);
                        format!("{new}, and {} is the most it may cost", amount(unit, most))
                    }
                }
            }
            Excess::Drift => {
                let anchor = self.anchor().unwrap_or_else(|| before.clone());
                let limit = unsigned(self.limits.drift.unwrap_or(Ratio::ZERO));
                format!("{} since its anchor, and {limit} is allowed in all", delta(self.key.metric, &anchor, after))
            }
        }
    }

    pub(super) fn way_to_accept(&self, excess: Excess) -> Option<String> {
        let command = || accept_command(&self.key.subject.quoted());
        (excess != Excess::Ceiling).then(|| format!("if it is worth it: {}", command()))
    }
}
