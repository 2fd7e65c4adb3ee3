//! Which ports to forward, and where they are to listen.

use crate::forward::offer::Offer;
use crate::forward::pick::Among;
use crate::forward::profile::{LOOPBACK, Wanted};
use crate::forward::right::Right;
use crate::forward::target::{Local, Target};
use crate::model::key::Key;
use crate::ui::input::Input;
use crate::ui::msg::{Busy, QuestionId};
use std::net::{IpAddr, SocketAddr};

/// What is done with a forward once it listens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Then {
    /// Nothing.
    #[default]
    Nothing,
    /// Its URL is opened in a browser.
    Open,
    /// Its URL is copied.
    Copy,
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
    /// Whether the local port is the user's own.
    pub typed: bool,
    /// Whether the local port is the one that was taken last time.
    pub as_before: bool,
    /// Why another local port than the usual one is proposed; may be empty.
    pub remark: String,
}

/// Ports to forward: Enter alone takes the first.
#[derive(Clone, Debug)]
pub struct ForwardDialog {
    /// To what.
    pub object: Key,
    /// Its ports.
    pub ports: Vec<PortLine>,
    /// The port that has the keys; behind the last one: the address.
    pub at: usize,
    /// The port that had them last: the one that is meant while the address has them.
    pub port: usize,
    /// The local address as typed.
    pub address: Input,
    /// What was answered about the right to do it; none while that is asked.
    pub right: Option<Right>,
    /// What is wrong with what was typed, or why it was not started.
    pub defect: Option<String>,
    /// The number under which the right was asked for.
    pub question: QuestionId,
    /// The latest question about local ports.
    pub asked: QuestionId,
    /// What is to be done where the ports turn out to be free; none where only proposals are looked at.
    pub starting: Option<Then>,
}

impl ForwardDialog {
    /// The dialog of an object's offers; `taken` are local ports that forwards of ours already hold, `before` says
    /// which one a target had the last time.
    pub fn new(
        object: Key,
        offers: Vec<Offer>,
        taken: &[u16],
        before: impl Fn(&Target) -> Option<u16>,
    ) -> Self {
        let mut held: Vec<u16> = taken.to_vec();
        let ports = offers.into_iter().map(|offer| {
            let remembered = before(&offer.target);
            let wanted = remembered.unwrap_or(offer.local);
            let mut local = wanted;
            while local != 0 && held.contains(&local) {
                local = local.checked_add(1).unwrap_or(0);
            }
            held.push(local);
            PortLine {
                local: input_of(local),
                as_before: remembered.is_some() && local == wanted,
                offer,
                ticked: false,
                typed: false,
                remark: String::new(),
            }
        });
        Self {
            object,
            ports: ports.collect(),
            at: 0,
            port: 0,
            address: Input::of(&LOOPBACK.to_string()),
            right: None,
            defect: None,
            question: QuestionId(0),
            asked: QuestionId(0),
            starting: None,
        }
    }

    /// Whether the address has the keys.
    pub fn is_at_address(&self) -> bool {
        self.at >= self.ports.len()
    }

    /// The port that Enter takes where none is ticked.
    pub fn meant(&self) -> usize {
        if self.is_at_address() {
            self.port
        } else {
            self.at
        }
    }

    /// Gives the keys to a port, or to the address.
    pub fn go(&mut self, at: usize) {
        self.port = self.meant();
        self.at = at.min(self.ports.len());
    }

    /// The address as it would be listened on; why it is none.
    pub fn listen(&self) -> Result<IpAddr, String> {
        let typed = self.address.text();
        let typed = typed.trim().trim_start_matches('[').trim_end_matches(']');
        if typed.is_empty() || typed.eq_ignore_ascii_case("localhost") {
            return Ok(LOOPBACK);
        }
        typed
            .parse()
            .map_err(|_| format!("{typed} is no address: write an IP address or localhost"))
    }

    /// The target that the right is asked for: the first.
    pub fn target(&self) -> Option<&Target> {
        self.ports.first().map(|port| &port.offer.target)
    }

    /// What Enter starts: the ticked ports, or the one that has the keys.
    pub fn wanted(&self) -> Result<Vec<Wanted>, String> {
        let address = self.listen()?;
        let ticked: Vec<&PortLine> = self.ports.iter().filter(|port| port.ticked).collect();
        let chosen = if ticked.is_empty() {
            self.ports.get(self.meant()).into_iter().collect()
        } else {
            ticked
        };
        let mut wanted: Vec<Wanted> = Vec::new();
        for port in chosen {
            let local = local_of(&port.local.text())?;
            let twice = wanted.iter().any(|other| other.target.local == local);
            if let (Local::Exactly(number), true) = (local, twice) {
                return Err(format!("local port {number} is asked for twice"));
            }
            wanted.push(Wanted {
                target: Target {
                    local,
                    ..port.offer.target.clone()
                },
                address,
                among: Among::default(),
            });
        }
        Ok(wanted)
    }

    /// Where the proposals would listen.
    pub fn proposed(&self) -> Vec<SocketAddr> {
        let Ok(address) = self.listen() else {
            return Vec::new();
        };
        let numbers = self
            .ports
            .iter()
            .filter_map(|port| port.local.text().parse().ok());
        numbers
            .filter(|number| *number != 0)
            .map(|number| SocketAddr::new(address, number))
            .collect()
    }

    /// Ports that cannot be had: the next free one is proposed in the place of each that the user has not typed;
    /// of one that was about to be started it is said at once.
    pub fn take_in(&mut self, busy: &[Busy]) {
        let starting = self.starting.is_some();
        for one in busy {
            let number = one.at.port().to_string();
            let Some(at) = self
                .ports
                .iter()
                .position(|port| port.local.text() == number)
            else {
                continue;
            };
            let others: Vec<String> = self.ports.iter().map(|port| port.local.text()).collect();
            let Some(port) = self
                .ports
                .get_mut(at)
                .filter(|port| starting || !port.typed)
            else {
                continue;
            };
            let mut next = one.next;
            while let Some(number) = next
                && others.contains(&number.to_string())
            {
                next = number.checked_add(1);
            }
            if let Some(next) = next {
                port.local = input_of(next);
            }
            port.as_before = false;
            port.remark.clone_from(&one.why);
        }
        if starting {
            self.defect = busy.first().map(|one| one.why.clone());
        }
    }
}

fn input_of(port: u16) -> Input {
    if port == 0 {
        Input::default()
    } else {
        Input::of(&port.to_string())
    }
}

fn local_of(typed: &str) -> Result<Local, String> {
    match typed.trim().trim_start_matches(':') {
        "" | "0" => Ok(Local::Any),
        number => number
            .parse::<u16>()
            .map(Local::Exactly)
            .map_err(|_| format!("{number} is no port: 1 to 65535, or nothing for any")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kind::Kind;
    use crate::model::port::PortRef;
    use crate::ui::key::{Code, Key as Press};

    fn dialog_with(taken: &[u16], before: impl Fn(&Target) -> Option<u16>) -> ForwardDialog {
        let object = Key::new(Kind::Service, "shop", "cart");
        let offer = |number: u16, local| Offer {
            target: Target {
                object: Key::new(Kind::Service, "shop", "cart"),
                remote: PortRef::Number(number),
                local: Local::Proposed,
            },
            mapping: String::new(),
            local,
            by: None,
        };
        let offers = vec![offer(80, 8080), offer(9090, 9090)];
        ForwardDialog::new(object, offers, taken, before)
    }

    fn dialog(taken: &[u16]) -> ForwardDialog {
        dialog_with(taken, |_| None)
    }

    fn locals(dialog: &ForwardDialog) -> Vec<Local> {
        let wanted = dialog.wanted().unwrap();
        wanted.iter().map(|one| one.target.local).collect()
    }

    fn busy(port: u16, next: Option<u16>) -> Busy {
        Busy {
            at: SocketAddr::new(LOOPBACK, port),
            why: format!("{port} is in use"),
            next,
        }
    }

    #[test]
    fn enter_alone_takes_the_first_port_on_loopback() {
        let wanted = dialog(&[]).wanted().unwrap();
        assert_eq!(wanted.len(), 1);
        assert_eq!(wanted[0].target.local, Local::Exactly(8080));
        assert_eq!(wanted[0].address, LOOPBACK);
    }

    #[test]
    fn a_port_that_we_hold_ourselves_is_not_proposed() {
        assert_eq!(locals(&dialog(&[8080, 8081])), [Local::Exactly(8082)]);
    }

    #[test]
    fn the_port_of_last_time_comes_back_unless_it_is_held() {
        let before = |target: &Target| (target.remote == PortRef::Number(80)).then_some(18080);
        let again = dialog_with(&[], before);
        assert_eq!(locals(&again), [Local::Exactly(18080)]);
        assert!(again.ports[0].as_before && !again.ports[1].as_before);
        let held = dialog_with(&[18080], before);
        assert_eq!(locals(&held), [Local::Exactly(18081)]);
        assert!(!held.ports[0].as_before);
    }

    #[test]
    fn ticked_ports_go_together_and_may_not_clash() {
        let mut both = dialog(&[]);
        for port in &mut both.ports {
            port.ticked = true;
        }
        assert_eq!(both.wanted().unwrap().len(), 2);
        both.ports[1].local = Input::of("8080");
        assert!(both.wanted().unwrap_err().contains("twice"));
    }

    #[test]
    fn a_local_port_is_a_number_or_nothing() {
        let mut one = dialog(&[]);
        one.ports[0].local.press(Press::ctrl('u'));
        assert_eq!(locals(&one), [Local::Any]);
        one.ports[0].local = Input::of("70000");
        assert!(one.wanted().is_err());
        one.ports[0].local.press(Press::of(Code::Backspace));
        assert_eq!(locals(&one), [Local::Exactly(7000)]);
    }

    #[test]
    fn an_address_is_an_ip_or_localhost() {
        let mut one = dialog(&[]);
        for (typed, address) in [
            ("", "127.0.0.1"),
            ("LocalHost", "127.0.0.1"),
            ("0.0.0.0", "0.0.0.0"),
            (" [::1] ", "::1"),
        ] {
            one.address = Input::of(typed);
            assert_eq!(one.listen().unwrap().to_string(), address, "{typed}");
        }
        one.address = Input::of("example.com");
        assert!(one.wanted().unwrap_err().contains("is no address"));
    }

    #[test]
    fn the_port_that_had_the_keys_is_meant_while_the_address_has_them() {
        let mut one = dialog(&[]);
        one.go(2);
        assert!(one.is_at_address());
        assert_eq!(locals(&one), [Local::Exactly(8080)]);
        one.go(1);
        one.go(99);
        assert_eq!(locals(&one), [Local::Exactly(9090)]);
    }

    #[test]
    fn a_busy_proposal_gives_way_and_a_typed_port_does_not() {
        let mut one = dialog(&[]);
        one.ports[1].typed = true;
        one.take_in(&[busy(8080, Some(9090)), busy(9090, Some(9091))]);
        assert_eq!(
            locals(&one),
            [Local::Exactly(9091)],
            "9090 stands in the other line"
        );
        assert_eq!(one.ports[1].local.text(), "9090");
        assert_eq!(one.ports[0].remark, "8080 is in use");
        assert_eq!(one.defect, None);
        one.starting = Some(Then::Nothing);
        one.take_in(&[busy(9091, None)]);
        assert_eq!(one.defect.as_deref(), Some("9091 is in use"));
        assert_eq!(
            locals(&one),
            [Local::Exactly(9091)],
            "nothing better is known"
        );
    }
}
