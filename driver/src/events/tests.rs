use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use futures::{FutureExt, StreamExt};

use super::*;

#[derive(Debug, Default)]
struct Ports(Mutex<Vec<u16>>);

impl EventListener for Ports {
    fn on_event(&self, event: &SessionEvent) {
        let SessionEvent::NodeUp { node } = event else { panic!("{event:?}") };
        self.0.lock().unwrap().push(node.port());
    }
}

fn up(port: u16) -> SessionEvent {
    SessionEvent::NodeUp { node: SocketAddr::from((Ipv4Addr::LOCALHOST, port)) }
}

fn port(event: &Option<Option<SessionEvent>>) -> u16 {
    let Some(Some(SessionEvent::NodeUp { node })) = event else { panic!("{event:?}") };
    node.port()
}

#[test]
fn an_event_that_nobody_hears_is_not_even_made() {
    let events = Events::new(None, 8);
    events.emit(|| unreachable!("nobody listens"));
    drop(events.stream());
    events.emit(|| up(1));
    events.emit(|| unreachable!("nobody listens any more"));
    let mut again = events.stream();
    events.emit(|| up(2));
    assert_eq!(port(&again.next().now_or_never()), 2);
}

#[test]
fn a_slow_reader_holds_up_nobody_and_is_told_what_it_missed() {
    let events = Events::new(None, 8);
    let (mut slow, mut quick) = (events.stream(), events.stream());
    for n in 0..20 {
        events.emit(|| up(n));
        assert_eq!(port(&quick.next().now_or_never()), n);
    }
    let missed = slow.next().now_or_never();
    assert!(matches!(missed, Some(Some(SessionEvent::Missed { events: 12 }))), "{missed:?}");
    assert_eq!(port(&slow.next().now_or_never()), 12);
}

#[test]
fn a_stream_ends_once_all_is_read_and_the_session_is_over() {
    let events = Events::new(None, 8);
    let stream = events.stream();
    events.emit(|| up(1));
    events.close();
    let read = stream.into_stream().collect::<Vec<_>>().now_or_never().unwrap();
    assert_eq!(read.len(), 1);
    assert!(events.stream().next().now_or_never().unwrap().is_none());
}

#[test]
fn a_listener_is_told_at_once_and_may_panic() {
    let ports = Arc::new(Ports::default());
    let events = Events::new(Some(Arc::clone(&ports) as Arc<dyn EventListener>), 8);
    events.emit(|| up(1));
    events.emit(|| SessionEvent::Exhausted);
    events.emit(|| up(2));
    assert_eq!(*ports.0.lock().unwrap(), [1, 2]);
}
