//! What is said of a key; what concerns its whole subject is said of one of its metrics only.

use super::Judge;
use crate::judge::words::unsigned;
use crate::model::{Code, Evidence, Finding, Ratio, Verdict};

impl Judge<'_> {
    pub(super) fn say(&mut self, code: Code, verdict: Verdict, message: String, hint: Option<String>) {
        let target = self.key.subject.target().cloned();
        self.findings.push(Finding { code, verdict, key: Some(self.key.clone()), target, message, hint });
    }

    /// What concerns the subject rather than one of its metrics, unless another of them has said it.
    pub(super) fn say_once(&mut self, code: Code, message: String, hint: Option<String>) {
        if !self.context.said.iter().any(|other| other.code == code && other.message == message) {
            self.say(code, code.verdict(), message, hint);
        }
    }

    /// What a reader must know of how the value came about. Of a subject's metrics the first that varies says so.
    pub(super) fn say_of_measurement(&mut self, evidence: &Evidence, note: Option<&str>) {
        if evidence.noise() > Ratio::ZERO {
            if self.context.said.iter().any(|other| other.code == Code::MetricSeeded) {
                return;
            }
            let why = note.unwrap_or("its profile does not show why");
            let noise = match evidence.noise() {
                noise if noise < Ratio::percent(0.01) => "less than 0.01%".to_owned(),
                noise => unsigned(noise),
            };
            let message = format!("it varies by {noise} from run to run: {why}");
            self.say(Code::MetricSeeded, Code::MetricSeeded.verdict(), message, None);
        } else if let Some(note) = note {
            self.say_once(Code::MetricQualified, note.to_owned(), None);
        }
    }
}
