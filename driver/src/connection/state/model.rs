use std::collections::HashMap;
use std::task::Waker;
use std::time::Duration;

use bytes::Bytes;
use helenus_protocol::{Direction, FrameFlags, FrameHeader, Opcode, ProtocolVersion};
use proptest::prelude::*;
use tokio::time::Instant;

use super::{Poll, Queued, State};
use crate::connection::outbox::{Batch, Writing};
use crate::connection::{CloseReason, Reply, Term};

const STREAMS: usize = 6;

/// What may happen to a connection, in any order: under its lock one thing happens at a time.
#[derive(Debug, Clone)]
enum Event {
    Send,
    /// The request whose frame was written this many frames ago is answered.
    Answer(usize),
    /// As `Answer`, with more than is taken.
    Refuse(usize),
    Poll(usize),
    Drop(usize),
    Write,
    /// Several answers have been given out together.
    GiveOut,
    /// Those who were answered had their turn.
    Gather,
    Tick,
    Close,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => Just(Event::Send),
        6 => (0..STREAMS).prop_map(Event::Answer),
        1 => (0..STREAMS).prop_map(Event::Refuse),
        6 => (0..STREAMS).prop_map(Event::Poll),
        3 => (0..STREAMS).prop_map(Event::Drop),
        4 => Just(Event::Write),
        2 => Just(Event::GiveOut),
        2 => Just(Event::Gather),
        1 => Just(Event::Tick),
    ]
}

/// A request whose future lives.
#[derive(Debug)]
struct Request {
    mark: u8,
    stream: u16,
    is_expired: bool,
}

struct Model {
    state: State,
    now: Instant,
    requests: Vec<Request>,
    /// What the server has received and not answered: the mark by stream.
    received: Vec<(u16, u8)>,
    dropped_unwritten: Vec<u8>,
    written: HashMap<u8, bool>,
    is_writer_called: bool,
    is_gathering: bool,
    next: u8,
}

impl Model {
    fn new() -> Self {
        Self {
            state: State::new(STREAMS),
            now: Instant::now(),
            requests: Vec::new(),
            received: Vec::new(),
            dropped_unwritten: Vec::new(),
            written: HashMap::new(),
            is_writer_called: false,
            is_gathering: false,
            next: 0,
        }
    }

    fn happen(&mut self, event: &Event) {
        match event {
            Event::Send => self.send(),
            Event::Answer(index) => self.answer(*index, false),
            Event::Refuse(index) => self.answer(*index, true),
            Event::Poll(index) => self.poll(*index),
            Event::Drop(index) => self.drop_request(*index),
            Event::Write => self.write(),
            Event::GiveOut => {
                self.state.end_answers(2);
                self.is_gathering = true;
            }
            Event::Gather => self.gather(),
            Event::Tick => {
                self.now += Duration::from_secs(1);
                self.state.expired(self.now);
                let waits =
                    |request: &&mut Request| self.received.iter().any(|(_, m)| *m == request.mark);
                let unwritten = &self.written;
                for request in self.requests.iter_mut().filter(|r| waits(r) || !unwritten[&r.mark])
                {
                    request.is_expired = true;
                }
            }
            Event::Close => {
                self.state.close(CloseReason::ByPeer);
            }
        }
    }

    fn send(&mut self) {
        let mark = self.next;
        let frame = [4, 0, 0, 0, 7, 0, 0, 0, 1, mark];
        let term = Term { sent: self.now, deadline: self.now + Duration::from_millis(500) };
        let Ok(Queued { stream, writing, .. }) = self.state.queue(0, &frame, term, None) else {
            return;
        };
        self.next = self.next.wrapping_add(1);
        self.written.insert(mark, false);
        self.requests.push(Request { mark, stream, is_expired: false });
        match writing {
            Writing::Now(frames) => self.write_now(frames),
            Writing::Wake => self.is_writer_called = true,
            Writing::UnderWay => {
                assert!(self.is_writer_called || self.is_gathering, "nobody will write it");
            }
        }
    }

    fn write_now(&mut self, frames: Vec<u8>) {
        self.arrive(&frames);
        self.is_writer_called |= self.state.finish_lone(frames, &[]);
    }

    fn gather(&mut self) {
        if std::mem::take(&mut self.is_gathering)
            && let Some(frames) = self.state.gathered()
        {
            self.write_now(frames);
        }
    }

    fn write(&mut self) {
        self.is_writer_called = false;
        let mut batch = Batch::default();
        if self.state.start_writing(&mut batch) {
            self.arrive(&batch.frames);
            self.state.finish_writing();
        }
    }

    fn arrive(&mut self, frames: &[u8]) {
        for frame in frames.chunks(10) {
            let (stream, mark) = (u16::from_be_bytes([frame[2], frame[3]]), frame[9]);
            assert!(!self.dropped_unwritten.contains(&mark), "taken back, and sent all the same");
            assert!(self.received.iter().all(|(taken, _)| *taken != stream), "two on one stream");
            self.written.insert(mark, true);
            self.received.push((stream, mark));
        }
    }

    fn answer(&mut self, index: usize, is_too_large: bool) {
        if index >= self.received.len() {
            return;
        }
        let (stream, mark) = self.received.remove(index);
        let header = FrameHeader {
            version: ProtocolVersion::V4,
            direction: Direction::Response,
            flags: FrameFlags::NONE,
            stream: stream.cast_signed(),
            opcode: Opcode::Result,
            length: u32::from(mark),
        };
        let answered = match is_too_large {
            true => self.state.refuse(&header),
            false => {
                let body = Bytes::copy_from_slice(&[mark]);
                self.state.answer(&header, Reply { header, body })
            }
        };
        answered.expect("somebody asked for it");
    }

    fn poll(&mut self, index: usize) {
        let Some(request) = self.requests.get(index) else { return };
        let is_waiting = self.received.iter().any(|(_, mark)| *mark == request.mark)
            || !self.written[&request.mark];
        match self.state.poll(request.stream, Waker::noop()) {
            Poll::Ready(reply) => {
                assert_eq!(reply.body[0], request.mark, "the answer of another request");
                self.requests.remove(index);
            }
            Poll::TooLarge { length } => {
                assert_eq!(length, usize::from(request.mark), "the answer of another request");
                self.requests.remove(index);
            }
            Poll::Pending => assert!(is_waiting && !request.is_expired),
            Poll::Expired => assert!(is_waiting && request.is_expired),
            Poll::Lost(_) => assert!(is_waiting),
        }
    }

    fn drop_request(&mut self, index: usize) {
        if index < self.requests.len() {
            let request = self.requests.remove(index);
            self.state.abandon(request.stream);
            if !self.written[&request.mark] {
                self.dropped_unwritten.push(request.mark);
            }
        }
    }
}

proptest! {
    #[test]
    fn whatever_happens_answers_reach_their_requests_and_streams_come_back(
        events in proptest::collection::vec(event(), 0..200),
        is_lost in any::<bool>(),
    ) {
        let mut model = Model::new();
        for event in &events {
            model.happen(event);
        }
        if is_lost {
            model.happen(&Event::Close);
        }
        while !model.requests.is_empty() {
            let before = model.requests.len();
            model.poll(0);
            if model.requests.len() == before {
                model.drop_request(0);
            }
        }
        model.write();
        while !model.received.is_empty() {
            model.answer(0, false);
        }
        prop_assert_eq!((model.state.waiting(), model.state.orphans()), (0, 0));
        if !is_lost {
            let term = Term { sent: model.now, deadline: model.now };
            for _ in 0..STREAMS {
                prop_assert!(model.state.queue(0, &[0; 10], term, None).is_ok(), "a stream is lost");
            }
        }
    }
}
