//! Performance budgets for Rust projects.
//!
//! One file, `perfbudget.toml`, states what a project may cost. `cargo perfbudget` measures, compares with the baseline
//! committed in git, and says *within*, *over*, or *cannot tell*. It never passes in silence, and never claims more than
//! it measured.
//!
//! # The line
//!
//! ```text
//! perfbudget.toml ─► config ─► collect ─► compare ─► judge ─► render ─► deliver
//!                     Plan      Run     Comparison  Report   String
//!                                           ▲
//!                      committed baseline ──┘   (baseline: file ⇄ Baseline)
//! ```
//!
//! One arrow, six verbs, one value an arrow. `compare`, `judge` and `render` are pure. Only the two ends touch the world,
//! and only through `sys`; `clippy.toml` and `tests/tidy.rs` hold these walls.
//!
//! # How a benchmark is counted
//!
//! An unmodified criterion benchmark runs under callgrind in a process of its own. The profile is cut at criterion's own
//! reads of the clock, so that what criterion times is counted and the setup of `iter_batched` is not. The value is the
//! steady state: what an iteration costs once everything is warm. See [`collect::benches::cuts`]. The same profile tells
//! how often an allocator was asked for memory, see [`collect::allocator`], and the same source counts benchmarks of other
//! harnesses, see [`collect::benches::harness`].
//!
//! # How a command is measured
//!
//! A program of the configuration runs as a whole, under each of valgrind's tools in turn: see [`collect::command`]. What a
//! leak is without valgrind is told by a library that is loaded before the C library, and the only code of ours that is not
//! safe Rust: the text `live.rs.in`, which the user's own compiler builds. Its numbers are a family of their own,
//! [`model::Family::Native`], because no version of valgrind matters to them.
//!
//! # How a benchmark of gungraun or iai-callgrind is counted
//!
//! By its own runner, of exactly the library's version, run as `cargo bench` would run it and into a home of our own. We read
//! the summaries that it prints. See [`collect::gungraun`].
//!
//! # What a file consists of, and what a build costs
//!
//! A built file is taken apart into functions and parts that add up to its length, see [`collect::size`]; as a profile, that
//! says why a size grew by the same path as for instructions. What a build costs comes from cargo's own words, and where
//! time is asked for from builds from nothing, with ourselves between cargo and the compiler: [`collect::compile`].
//!
//! # What a visitor loads
//!
//! The optimizer runs as a process of its own over what the frontend's build has left; its manifest says what each file weighs
//! and what each page loads. See [`collect::assets`]. Files are called by what stays the same from build to build, and the
//! parts of a page are its profile, so that a page that grew names the files that did.
//!
//! # When something fails
//!
//! Nothing exact fails on the committed file alone. What is over against it is measured again at the merge-base, built
//! here: what the base shows too is inherited, what it does not show is this change's. See [`judge`].
//!
//! # Why
//!
//! The profiles that the counts came from are kept. Where the base was measured, too, [`attribution`] says which functions
//! moved, and to which changed crate of the lock file that belongs. Where code is inlined, that is not enough: then the
//! changes of the lock file, or the commits, are measured by bisection.
//!
//! # The optimizer
//!
//! `assets` hands its words to the crate `asset-optimizer`, whose commands they are. Only `main` knows them, and hands them in as
//! a [`commands::Optimizer`]: this library needs of that crate its cache, see [`collect::cache`], and the reader of its manifest,
//! and is built without the engines where the feature `assets` is off.
//!
//! # Many jobs
//!
//! Which [shard](model::shard) a subject belongs to follows from its name. A job leaves a [part](model::Part): its run, what the base
//! showed it, and why numbers moved. [`merge`] makes of all parts the run that one job would have made, with what does not fit
//! together as problems of it; the judge then decides as ever.
//!
//! # What other machines have measured
//!
//! [`collect::cache`] keeps exact measurements by what they depend on, in the target folder and, with the optimizer's library,
//! where machines share them: an executable and a machine that are the same give the same count. Files that a program reads are
//! compared by their paths in the repository, wherever that lies. Reports say what that spared.
//!
//! # When it posts
//!
//! `comment` reads a report, never the project, and runs nothing. What a stranger wrote, a report or an event's artifact, is
//! data: bounded, rendered inert, and never asked where it goes. What GitHub does not take costs the comment only. See
//! [`deliver`]. Where a workflow may hold secrets, the head of a pull request is not built.
//!
//! # What a change is worth
//!
//! Behind `judge`, and only where the configuration has an `[roi]`: [`roi`] turns what changed into CPU hours, money,
//! energy, emissions and waiting hours a year, as ranges. It decides nothing.
//!
//! # Where this house differs from its plan, and why
//!
//! * [`model::record`] stands beside [`model::run`]: a committed value has an anchor and an acceptance, which a measured
//!   one has not.
//! * [`model::metric`] has a line for each measure, with its unit, family and role; a configuration can define further
//!   ones, and say which way they are better.
//! * An [adapter](collect::hand::Adapter) is a line in a list of [`collect`]. It makes the sources, which say which steps
//!   to run; one [hand](collect::hand::Hand) runs them, and builds the bench targets once for all of them.
//! * [`judge`] is a folder: a key's judgement is a job of its own.
//! * [`model::assumptions`] holds the inputs of an estimate with their defaults and sources, so that the configuration, the
//!   reports and `explain roi` say the same of them.
//! * The baseline has one file for each family of metrics, environment and bench target, because families differ in what
//!   must match to compare.
//! * [`model::home`] tells a function's crate by its name: what collects sizes, what attributes and what renders must agree.
//! * [`self_test`] is a room: proving that every finding is reported needs the judge and the model, and no command.

pub mod attribution;
pub mod baseline;
pub mod cli;
pub mod collect;
pub mod commands;
pub mod compare;
pub mod config;
pub mod deliver;
pub mod error;
pub mod exit;
pub mod judge;
pub mod merge;
pub mod model;
pub mod render;
pub mod roi;
pub mod self_test;
pub mod sys;
