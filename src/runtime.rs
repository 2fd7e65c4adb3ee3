//! Runs what the layers beneath describe: tasks, signals, streams to the terminal.

pub mod forward;
