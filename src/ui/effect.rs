//! What the shell must do: the only way in which the screen reaches the world.

use crate::forward::profile::Wanted;
use crate::forward::target::Target;
use crate::model::key::{Key, Name};
use crate::ui::dialog::Then;
use crate::ui::msg::{ForwardId, QuestionId, StreamId};
use std::net::SocketAddr;

/// Something to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// End the program; stop every forward.
    Quit,
    /// Start a forward.
    StartForward(Wanted, Then),
    /// Start what is missing of a saved set: all of it, or nothing.
    StartGroup(Name, Vec<Wanted>),
    /// Read the saved sets of the context.
    ListGroups,
    /// Ask whether forwards to a target may be opened.
    AskRight(QuestionId, Target),
    /// Look which of these local ports can be had.
    CheckPorts(QuestionId, Vec<SocketAddr>),
    /// Show a URL in the browser.
    Browse(String),
    /// Stop a forward and forget it.
    StopForward(ForwardId),
    /// Read the log of a container and follow it; an older stream ends.
    OpenLog {
        /// Under which number lines are sent.
        stream: StreamId,
        /// The pod.
        pod: Key,
        /// The container.
        container: Name,
        /// Its run before this one.
        previous: bool,
    },
    /// No longer read a log.
    CloseLog(StreamId),
    /// Read an object as the API holds it.
    FetchYaml(Key),
    /// Write a file into the working directory.
    Save {
        /// Its name.
        name: String,
        /// What is in it.
        text: String,
    },
    /// Read the policies of a file that are planned.
    ReadPlan {
        /// The file, as it was typed.
        file: String,
        /// Where a document without a namespace is.
        namespace: Name,
    },
    /// Put a text into the clipboard.
    Copy(String),
    /// Read the contexts of the kubeconfig.
    ListContexts,
    /// Show another context.
    SwitchContext(Name),
    /// Try the connection again now, and list anew.
    Retry,
}
