//! What is generated from the definition of the command line: help, man page, completions.

use crate::cli::args::Cli;
use clap::{Command, CommandFactory as _};
use clap_complete::{Generator, Shell};
use std::io;

/// The command, named as the user called it.
pub fn command(as_plugin: bool) -> Command {
    let command = Cli::command();
    if as_plugin {
        command
            .bin_name("kubectl portolan")
            .display_name("kubectl portolan")
    } else {
        command.bin_name("portolan")
    }
}

/// The completion script of a shell.
pub fn completions(shell: Shell, mut command: Command) -> Vec<u8> {
    let mut out = Vec::new();
    command.set_bin_name("portolan");
    command.build();
    shell.generate(&command, &mut out);
    out
}

/// The man page: the whole of it, commands included.
pub fn man_page() -> io::Result<String> {
    let mut command = Cli::command();
    command.build();
    let mut out = Vec::new();
    let page = clap_mangen::Man::new(command.clone())
        .date("")
        .manual("Portolan Manual");
    page.render(&mut out)?;
    for command in command
        .get_subcommands()
        .filter(|command| command.get_name() != "help")
    {
        let name = command.get_name().to_ascii_uppercase();
        out.extend_from_slice(format!(".SH \"COMMAND {name}\"\n").as_bytes());
        let own = command.clone().mut_args(|arg| {
            if arg.is_global_set() {
                arg.hide(true)
            } else {
                arg
            }
        });
        let page = clap_mangen::Man::new(own);
        page.render_description_section(&mut out)?;
        page.render_synopsis_section(&mut out)?;
        page.render_options_section(&mut out)?;
    }
    String::from_utf8(out).map_err(io::Error::other)
}
