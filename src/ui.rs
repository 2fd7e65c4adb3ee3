//! The screen as a value: what it shows is a function of [`State`](state::State), and the only ways to change
//! that are [`update`](update::update) (what happened) and the effects it answers with.
//!
//! May use everything below it and ratatui's buffer; must never do I/O, read a clock, or know a terminal.

pub mod command;
pub mod describe;
pub mod dialog;
pub mod effect;
pub mod filter;
pub mod input;
pub mod key;
pub mod keymap;
pub mod layout;
pub mod log;
pub mod msg;
pub mod page;
pub mod paths;
pub mod place;
pub mod reach;
pub mod rich;
pub mod snapshot;
pub mod state;
pub mod table;
pub mod theme;
pub mod update;
pub mod view;
