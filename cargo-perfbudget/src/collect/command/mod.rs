//! The source of whole commands: a program with its arguments, from its start to its end, with all that it starts.
//!
//! Under valgrind once for each tool: callgrind counts instructions, DHAT what is asked of the allocator, memcheck what is
//! lost. Without valgrind, a library of ours that is loaded before the C library counts what is left on the heap after n, 2n
//! and 4n units of work; and where times are asked for, the system tells what the program used. One command after the other,
//! one run at a time: what they write may be the same files.

mod dhat;
mod memcheck;
mod outcome;
mod program;
mod sites;
mod slope;
mod steps;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::hand::{Adapter, Hand};
use super::repeats::{Expected, REPEATS_OF_SEEDED, evidence, wants_more};
use super::source::{Left, Source, Step};
use super::{Request, profiles, provenance, time};
use crate::config::{CommandPlan, Measure};
use crate::error::Result;
use crate::model::{Code, Evidence, Failure, Family, Key, Metric, Outcome, Ratio, Scope, Subject};
use outcome::Found;
use program::Laid;
use steps::Bench;

/// Runs that a time rests on: with six the smallest and the largest enclose the median with 97 %.
const TIMED_RUNS: usize = 10;

/// One way to run a command, which fills these metrics, the first of which stands for all where it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tool {
    Callgrind,
    Dhat,
    Memcheck,
    Slope,
    Clock,
}

impl Tool {
    const ALL: [Tool; 5] = [Tool::Callgrind, Tool::Dhat, Tool::Memcheck, Tool::Slope, Tool::Clock];

    fn metrics(self) -> &'static [Metric] {
        match self {
            Tool::Callgrind => &[Metric::Instructions],
            Tool::Dhat => &[Metric::Allocations, Metric::AllocatedBytes, Metric::PeakHeap, Metric::HeapAtExit],
            Tool::Memcheck => &[Metric::LeakedBytes],
            Tool::Slope => &[Metric::HeapSlope],
            Tool::Clock => &[Metric::Time, Metric::CpuTime, Metric::PeakMemory],
        }
    }

    fn is_asked_for(self, plan: &CommandPlan) -> bool {
        match self {
            Tool::Callgrind => plan.measure.contains(&Measure::Instructions),
            Tool::Dhat => plan.measure.contains(&Measure::Heap),
            Tool::Memcheck => plan.measure.contains(&Measure::Leaks),
            Tool::Slope => plan.units.is_some(),
            Tool::Clock => plan.measure.contains(&Measure::Time),
        }
    }

    fn needs_valgrind(self) -> bool {
        matches!(self, Tool::Callgrind | Tool::Dhat | Tool::Memcheck)
    }

    /// Whether its numbers come from the calls of the C library's allocator.
    fn watches_allocator(self) -> bool {
        matches!(self, Tool::Dhat | Tool::Memcheck | Tool::Slope)
    }
}

/// The subject of a command.
fn subject(plan: &CommandPlan) -> Subject {
    Subject::Command(plan.name.clone())
}

/// The adapter.
#[derive(Debug)]
pub struct Commands;

impl Adapter for Commands {
    fn families(&self) -> &'static [Family] {
        &[Family::Instructions, Family::Heap, Family::Native, Family::Time]
    }

    fn measure(&self, hand: &mut Hand<'_>) -> Result<()> {
        let mut wanted = wanted(hand.request);
        exclude(hand, &mut wanted);
        if wanted.is_empty() {
            return Ok(());
        }
        let laid = program::lay_out(hand, &wanted.iter().map(|(plan, _)| *plan).collect::<Vec<_>>())?;
        let tools: BTreeSet<Tool> = wanted.iter().flat_map(|(_, tools)| tools.iter().copied()).collect();
        let mut broken = BTreeMap::new();
        for tool in tools {
            let family = tool.metrics()[0].family();
            let environment = match tool {
                Tool::Clock => Some(provenance::time(&hand.host)),
                Tool::Slope => Some(provenance::native(&hand.host, slope::ADAPTER)),
                _ => hand.under_valgrind(family),
            };
            match environment {
                Some(environment) => {
                    hand.run.environments.entry(family).or_insert(environment);
                }
                // That was said of the whole run.
                None => wanted.iter_mut().for_each(|(_, tools)| tools.retain(|own| *own != tool)),
            }
            if tool == Tool::Slope
                && let Some(failure) = slope::prepare(hand)?
            {
                broken.insert(tool, failure);
            }
        }
        let mut runs = Runs {
            bench: Bench::new(hand),
            scope: hand.request.scope.clone(),
            expected: hand.request.expected.clone(),
            repeats: hand.request.repeats,
            profiles: super::profiles(&hand.home()),
            items: wanted.into_iter().zip(laid).map(|((plan, tools), laid)| Item::new(plan, tools, laid)).collect(),
            broken,
            at: 0,
            outcomes: BTreeMap::new(),
        };
        hand.drive(&mut runs, 1)?;
        hand.run.outcomes.extend(runs.outcomes);
        Ok(())
    }

    fn list(&self, hand: &mut Hand<'_>) -> Result<Vec<Subject>> {
        Ok(wanted(hand.request).into_iter().map(|(plan, _)| subject(plan)).collect())
    }

    fn steps(&self, request: &Request<'_>) -> Result<Vec<String>> {
        steps::lines(request, &wanted(request))
    }
}

/// The commands that have something to measure, and which tools that takes.
fn wanted<'a>(request: &'a Request<'_>) -> Vec<(&'a CommandPlan, Vec<Tool>)> {
    let tools = |plan: &CommandPlan| -> Vec<Tool> {
        let covers = |metric: &Metric| request.scope.covers(&Key::new(subject(plan), *metric));
        let is_wanted = |tool: &Tool| tool.is_asked_for(plan) && tool.metrics().iter().any(covers);
        Tool::ALL.into_iter().filter(is_wanted).collect()
    };
    let commands = request.plan.commands.iter().map(|plan| (plan, tools(plan)));
    commands.filter(|(_, tools)| !tools.is_empty()).collect()
}

/// Leaves out what rules exclude.
fn exclude(hand: &mut Hand<'_>, wanted: &mut Vec<(&CommandPlan, Vec<Tool>)>) {
    let rules = hand.request.exclusions();
    for (plan, tools) in wanted.iter_mut() {
        let name = subject(plan).to_string();
        let is_excluded = |metric: &Metric| rules.iter().any(|rule| rule.matches(&name, *metric));
        tools.retain(|tool| !tool.metrics().iter().all(is_excluded));
        if tools.is_empty() {
            hand.run.excluded.insert(subject(plan));
        }
    }
    wanted.retain(|(_, tools)| !tools.is_empty());
}

/// A command that is measured.
#[derive(Debug)]
struct Item {
    plan: CommandPlan,
    laid: std::result::Result<Laid, Failure>,
    /// The tools that are left, the next one first.
    tools: Vec<Tool>,
    /// What the first tool has found in each run.
    found: Vec<Found>,
    /// How many runs of the tool were made; a slope takes three for each repeat.
    runs: usize,
}

impl Item {
    fn new(plan: &CommandPlan, tools: Vec<Tool>, laid: std::result::Result<Laid, Failure>) -> Item {
        Item { plan: plan.clone(), laid, tools, found: Vec::new(), runs: 0 }
    }

    fn key(&self, metric: Metric) -> Key {
        Key::new(subject(&self.plan), metric)
    }
}

/// The source itself.
#[derive(Debug)]
struct Runs {
    bench: Bench,
    scope: Scope,
    expected: BTreeMap<Key, Expected>,
    repeats: usize,
    profiles: PathBuf,
    items: Vec<Item>,
    /// Tools that do not work here, and why.
    broken: BTreeMap<Tool, Failure>,
    at: usize,
    outcomes: BTreeMap<Key, Outcome>,
}

impl Source for Runs {
    fn next(&mut self) -> Option<Step> {
        while let Some(item) = self.items.get(self.at) {
            let Some(tool) = item.tools.first().copied() else {
                self.at += 1;
                continue;
            };
            let laid = match &item.laid {
                Ok(laid) => laid,
                Err(failure) => {
                    // What cannot be started fails the same way under each tool, which is said once.
                    let failure = failure.clone();
                    self.fail(tool, failure);
                    self.give_up();
                    continue;
                }
            };
            let unseen = laid.unseen.as_ref().filter(|_| tool.watches_allocator()).map(|why| outcome::unseen(why));
            if let Some(failure) = unseen.or_else(|| self.broken.get(&tool).cloned()) {
                self.fail(tool, failure);
                continue;
            }
            return Some(self.bench.step(&item.plan, laid, tool, item.runs));
        }
        None
    }

    fn take(&mut self, _: usize, left: Left) -> Result<()> {
        let Some(item) = self.items.get_mut(self.at) else { return Ok(()) };
        let (Some(tool), Ok(laid)) = (item.tools.first().copied(), &item.laid) else { return Ok(()) };
        item.runs += 1;
        let timeout = self.bench.timeout(&item.plan);
        match outcome::found(tool, &item.plan, laid, &left, timeout) {
            Ok(found) => item.found.push(found),
            Err(failure) => {
                // A program that does not come to its end does not under any tool; what one tool left tells of no other.
                let is_general = failure.code != Code::OutputUnreadable;
                self.fail(tool, failure);
                if is_general {
                    self.give_up();
                }
                return Ok(());
            }
        }
        if !self.wants_more(tool) {
            self.conclude(tool);
        }
        Ok(())
    }

    fn progress(&self) -> (usize, usize) {
        (self.at, self.items.len())
    }
}

impl Runs {
    /// The tool has failed, and is done with.
    fn fail(&mut self, tool: Tool, failure: Failure) {
        self.forget(tool);
        let Some(item) = self.items.get(self.at) else { return };
        let mut keys = tool.metrics().iter().map(|metric| item.key(*metric));
        if let Some(key) = keys.find(|key| self.scope.covers(key)) {
            self.outcomes.insert(key, Outcome::Failed(failure));
        }
    }

    /// The command is done with, whatever was left to do.
    fn give_up(&mut self) {
        Tool::ALL.into_iter().for_each(|tool| self.forget(tool));
        self.at += 1;
    }

    /// Nothing more is done with the tool, and what it has left of earlier runs explains nothing.
    fn forget(&mut self, tool: Tool) {
        let Some(item) = self.items.get_mut(self.at).filter(|item| item.tools.contains(&tool)) else { return };
        item.tools.retain(|own| *own != tool);
        (item.found, item.runs) = (Vec::new(), 0);
        for metric in tool.metrics() {
            profiles::keep(&self.profiles, &item.key(*metric), None);
        }
    }

    fn wants_more(&self, tool: Tool) -> bool {
        let item = &self.items[self.at];
        match tool {
            // The first run warms up.
            Tool::Clock => item.runs <= TIMED_RUNS,
            Tool::Slope if !item.runs.is_multiple_of(slope::TIMES.len()) => true,
            _ => {
                let is_likely_to_vary = item.found.iter().any(|found| found.cause.is_some());
                let enough = if is_likely_to_vary { REPEATS_OF_SEEDED.max(self.repeats) } else { self.repeats };
                let judged = tool.metrics().iter().filter(|metric| !metric.is_advisory());
                judged.copied().any(|metric| {
                    wants_more(&self.values(item, tool, metric), self.expected.get(&item.key(metric)), enough)
                })
            }
        }
    }

    /// The values of a metric, one for each repeat.
    fn values(&self, item: &Item, tool: Tool, metric: Metric) -> Vec<u64> {
        let values: Vec<u64> = item.found.iter().filter_map(|found| found.values.get(&metric).copied()).collect();
        match tool {
            Tool::Slope => {
                let units = item.plan.units.unwrap_or(1);
                values.chunks_exact(slope::TIMES.len()).map(|live| slope::slope(units, live)).collect()
            }
            _ => values,
        }
    }

    /// Makes outcomes of what the tool has found.
    fn conclude(&mut self, tool: Tool) {
        let item = &self.items[self.at];
        for metric in tool.metrics().iter().copied() {
            let key = item.key(metric);
            let values = self.values(item, tool, metric);
            let evidence = match tool {
                Tool::Clock => sampled(&values),
                _ => evidence(values, self.expected.get(&key).map_or(Ratio::ZERO, |expected| expected.noise)),
            };
            let last = item.found.last();
            if let (Some(evidence), true) = (evidence, self.scope.covers(&key)) {
                let told = last.and_then(|found| found.note.clone()).filter(|_| metric == tool.metrics()[0]);
                let cause = item.found.iter().find_map(|found| found.cause.clone());
                let note = told.or(cause.filter(|_| evidence.noise() > Ratio::ZERO));
                self.outcomes.insert(key.clone(), Outcome::Measured { evidence, note });
            }
            let profile = last.and_then(|found| found.profiles.get(&metric));
            profiles::keep(&self.profiles, &key, profile);
        }
        let item = &mut self.items[self.at];
        item.tools.remove(0);
        (item.found, item.runs) = (Vec::new(), 0);
    }
}

/// What was sampled after the run that warms up.
fn sampled(values: &[u64]) -> Option<Evidence> {
    time::interval_of(values.iter().skip(1).map(|value| *value as f64).collect())
}

#[cfg(test)]
mod tests;
