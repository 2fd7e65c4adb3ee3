//! What lies over a page and takes its keys: help, a page of a finding, menus, dialogs.

use crate::forward::offer::Offer;
use crate::forward::target::{Local, Target};
use crate::model::key::{Key, Name};
use crate::ui::input::Input;
use crate::ui::rich::Line;

/// What lies over a page.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// The keys that mean something here.
    Help {
        /// The first line that is shown.
        offset: usize,
    },
    /// The page of a finding.
    Explain {
        /// Its code and name.
        title: String,
        /// Its lines.
        lines: Vec<Line>,
        /// The first line that is shown.
        offset: usize,
    },
    /// Something to choose.
    Menu(Menu),
    /// Ports to forward.
    Forward(ForwardDialog),
    /// A request to follow.
    Trace(TraceDialog),
    /// Whether to quit although forwards are alive.
    Quit,
    /// Whether to stop forwards.
    StopForwards(Vec<crate::ui::msg::ForwardId>),
}

/// What choosing an item of a menu does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Copy this.
    Copy(String),
    /// Read this log.
    Log {
        /// The pod.
        pod: Key,
        /// The container.
        container: Name,
        /// The run before this one.
        previous: bool,
    },
}

/// An item of a menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is.
    pub label: String,
    /// More about it, in less weight.
    pub detail: String,
    /// What it does.
    pub choice: Choice,
}

/// Something to choose from.
#[derive(Clone, Debug)]
pub struct Menu {
    /// The question.
    pub title: String,
    /// The items.
    pub items: Vec<Item>,
    /// The one that Enter takes.
    pub at: usize,
}

/// One port of the forward dialog.
#[derive(Clone, Debug)]
pub struct PortLine {
    /// What is offered.
    pub offer: Offer,
    /// The local port as typed: empty takes any.
    pub local: Input,
    /// Whether it is to be forwarded.
    pub ticked: bool,
}

/// Ports to forward: Enter alone takes the first.
#[derive(Clone, Debug)]
pub struct ForwardDialog {
    /// To what.
    pub object: Key,
    /// Its ports.
    pub ports: Vec<PortLine>,
    /// The port that has the keys.
    pub at: usize,
    /// What is wrong with what was typed.
    pub defect: Option<String>,
}

impl ForwardDialog {
    /// The dialog of an object's offers; `taken` are local ports that forwards of ours already hold.
    pub fn new(object: Key, offers: Vec<Offer>, taken: &[u16]) -> Self {
        let mut held: Vec<u16> = taken.to_vec();
        let ports = offers.into_iter().map(|offer| {
            let mut local = offer.local;
            while local != 0 && held.contains(&local) {
                local = local.checked_add(1).unwrap_or(0);
            }
            held.push(local);
            let text = if local == 0 {
                String::new()
            } else {
                local.to_string()
            };
            PortLine {
                local: Input::of(&text),
                offer,
                ticked: false,
            }
        });
        Self {
            object,
            ports: ports.collect(),
            at: 0,
            defect: None,
        }
    }

    /// What Enter starts: the ticked ports, or the one that has the keys.
    pub fn targets(&self) -> Result<Vec<Target>, String> {
        let ticked: Vec<&PortLine> = self.ports.iter().filter(|port| port.ticked).collect();
        let wanted = if ticked.is_empty() {
            self.ports.get(self.at).into_iter().collect()
        } else {
            ticked
        };
        let mut targets: Vec<Target> = Vec::new();
        for port in wanted {
            let typed = port.local.text();
            let local = match typed.trim().trim_start_matches(':') {
                "" | "0" => Local::Any,
                number => match number.parse::<u16>() {
                    Ok(number) => Local::Exactly(number),
                    Err(_) => {
                        return Err(format!(
                            "{number} is no port: 1 to 65535, or nothing for any"
                        ));
                    }
                },
            };
            if local != Local::Any && targets.iter().any(|target| target.local == local) {
                return Err(format!("local port {typed} is asked for twice"));
            }
            targets.push(Target {
                local,
                ..port.offer.target.clone()
            });
        }
        Ok(targets)
    }
}

/// Which field of the trace dialog has the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Field {
    /// FROM.
    #[default]
    From,
    /// TO.
    To,
}

/// A request to follow.
#[derive(Clone, Debug)]
pub struct TraceDialog {
    /// Who asks.
    pub from: Input,
    /// For what.
    pub to: Input,
    /// Which field has the keys.
    pub field: Field,
    /// What is wrong with what was typed.
    pub defect: Option<String>,
}

impl TraceDialog {
    /// The field that has the keys.
    pub fn input(&mut self) -> &mut Input {
        match self.field {
            Field::From => &mut self.from,
            Field::To => &mut self.to,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kind::Kind;
    use crate::model::port::PortRef;
    use crate::ui::key::{Code, Key as Press};

    fn dialog(taken: &[u16]) -> ForwardDialog {
        let object = Key::new(Kind::Service, "shop", "cart");
        let offer = |number: u16, local| Offer {
            target: Target {
                object: Key::new(Kind::Service, "shop", "cart"),
                remote: PortRef::Number(number),
                local: Local::Proposed,
            },
            mapping: String::new(),
            local,
        };
        ForwardDialog::new(object, vec![offer(80, 8080), offer(9090, 9090)], taken)
    }

    #[test]
    fn enter_alone_takes_the_first_port() {
        let targets = dialog(&[]).targets().unwrap();
        assert_eq!(targets.len(), 1);
        assert_eq!(targets[0].local, Local::Exactly(8080));
    }

    #[test]
    fn a_port_that_we_hold_ourselves_is_not_proposed() {
        let targets = dialog(&[8080, 8081]).targets().unwrap();
        assert_eq!(targets[0].local, Local::Exactly(8082));
    }

    #[test]
    fn ticked_ports_go_together_and_may_not_clash() {
        let mut both = dialog(&[]);
        for port in &mut both.ports {
            port.ticked = true;
        }
        assert_eq!(both.targets().unwrap().len(), 2);
        both.ports[1].local = Input::of("8080");
        assert!(both.targets().unwrap_err().contains("twice"));
    }

    #[test]
    fn a_local_port_is_a_number_or_nothing() {
        let mut one = dialog(&[]);
        one.ports[0].local.press(Press::ctrl('u'));
        assert_eq!(one.targets().unwrap()[0].local, Local::Any);
        one.ports[0].local = Input::of("70000");
        assert!(one.targets().is_err());
        one.ports[0].local.press(Press::of(Code::Backspace));
        assert_eq!(one.targets().unwrap()[0].local, Local::Exactly(7000));
    }
}
