//! The whole tool as a person meets it: the real binary, cargo, valgrind and git, in folders of their own.
#![allow(clippy::disallowed_methods, reason = "a test stands outside and touches the world; the walls are within")]
#![allow(missing_docs, reason = "a test's name says what it claims")]

mod accept;
mod allocations;
mod base;
mod bisect;
mod broken;
mod build;
mod bystanders;
mod commands;
mod exports;
mod gate;
mod gungraun;
mod harnesses;
#[cfg(feature = "github")]
mod hub;
mod ingest;
mod kinds;
mod merge;
mod odd;
mod outside;
mod places;
mod programs;
mod project;
#[cfg(feature = "github")]
mod pull_request;
#[cfg(feature = "github")]
mod pull_request_job;
#[cfg(feature = "github")]
mod pull_request_run;
#[cfg(feature = "github")]
mod pull_request_tls;
mod registry;
mod reports;
mod shards;
mod size;
mod stopped;
mod why;
mod workspace;
