use std::time::Duration;

use bytes::Bytes;
use helenus_protocol::{Direction, FrameFlags, Opcode, ProtocolVersion};

use super::*;

fn frame(mark: u8) -> Vec<u8> {
    vec![4, 0, 0xEE, 0xEE, 7, 0, 0, 0, 1, mark]
}

fn until(deadline: Instant) -> Term {
    Term { sent: Instant::now(), deadline }
}

fn later() -> Term {
    until(Instant::now() + Duration::from_secs(60))
}

fn queue(state: &mut State, mark: u8) -> u16 {
    state.queue(0, &frame(mark), later(), None).unwrap().stream
}

fn header(stream: i16) -> FrameHeader {
    FrameHeader {
        version: ProtocolVersion::V4,
        direction: Direction::Response,
        flags: FrameFlags::NONE,
        stream,
        opcode: Opcode::Result,
        length: 1,
    }
}

fn answer(state: &mut State, stream: i16, mark: u8) -> Result<Option<Waker>, CloseReason> {
    let header = header(stream);
    let answered =
        state.answer(&header, Reply { header, body: Bytes::copy_from_slice(&[mark]) })?;
    Ok(answered.waker)
}

fn poll(state: &mut State, stream: u16) -> Poll {
    state.poll(stream, Waker::noop())
}

/// Marks of the frames that would be written, each with its stream id.
fn written(state: &mut State) -> Vec<(u16, u8)> {
    let outbox = state.outbox.take();
    let frame = |frame: &[u8]| (u16::from_be_bytes([frame[2], frame[3]]), frame[9]);
    outbox.chunks(10).map(frame).collect()
}

#[test]
fn an_answer_reaches_the_request_of_its_stream_only() {
    let mut state = State::new(8);
    let (first, second) = (queue(&mut state, 1), queue(&mut state, 2));
    answer(&mut state, second.cast_signed(), 22).unwrap();
    assert!(matches!(poll(&mut state, first), Poll::Pending));
    assert!(matches!(poll(&mut state, second), Poll::Ready(reply) if reply.body[0] == 22));
    assert_eq!(state.waiting(), 1);
}

#[test]
fn a_lone_request_is_written_at_once_and_those_behind_it_by_the_writer() {
    let mut state = State::new(8);
    let Queued { writing, .. } = state.queue(0, &frame(1), later(), None).unwrap();
    assert!(matches!(writing, Writing::Now(bytes) if bytes[9] == 1));
    let Queued { writing, .. } = state.queue(0, &frame(2), later(), None).unwrap();
    assert_eq!(writing, Writing::UnderWay);
    assert!(state.finish_writing(), "a frame came in meanwhile");
    let Queued { writing, .. } = state.queue(0, &frame(3), later(), None).unwrap();
    assert_eq!(writing, Writing::UnderWay, "the writer is called by whoever finished");
    assert_eq!(written(&mut state), [(1, 2), (2, 3)]);
}

#[test]
fn what_could_not_be_written_stays_in_front() {
    let mut state = State::new(8);
    queue(&mut state, 1);
    queue(&mut state, 2);
    assert!(state.finish_lone(frame(1), &frame(1)[4..]));
    let mut batch = Batch::default();
    assert!(state.start_writing(&mut batch));
    assert_eq!((batch.rest, batch.frames[9]), (frame(1)[4..].to_vec(), 2));
}

#[test]
fn a_request_dropped_before_it_was_written_is_never_sent() {
    let mut state = State::new(8);
    queue(&mut state, 1);
    state.finish_writing();
    let (second, third) = (queue(&mut state, 2), queue(&mut state, 3));
    state.abandon(second);
    assert_eq!(state.orphans(), 0);
    // Its stream is free at once, and its frame must not go out under the next owner's name.
    assert_eq!(queue(&mut state, 4), second);
    assert_eq!(written(&mut state), [(third, 3), (second, 4)]);
}

#[test]
fn a_request_dropped_later_keeps_its_stream_until_the_answer_comes() {
    let mut state = State::new(1);
    let stream = queue(&mut state, 1);
    state.abandon(stream);
    assert_eq!((state.waiting(), state.orphans()), (0, 1));
    assert!(matches!(state.queue(0, &frame(2), later(), None), Err(Refused::Full)));
    assert!(answer(&mut state, stream.cast_signed(), 9).unwrap().is_none());
    assert_eq!(state.orphans(), 0);
    state.queue(0, &frame(2), later(), None).unwrap();
}

#[test]
fn an_answer_tells_when_it_was_asked_for_however_late_it_comes() {
    let mut state = State::new(8);
    let term = later();
    for is_given_up in [false, true] {
        let stream = state.queue(0, &frame(1), term, None).unwrap().stream;
        state.outbox.take();
        if is_given_up {
            state.abandon(stream);
        }
        let header = header(stream.cast_signed());
        let answered = state.answer(&header, Reply { header, body: Bytes::new() }).unwrap();
        assert_eq!(answered.sent, term.sent);
    }
}

#[test]
fn an_answer_that_nobody_takes_frees_its_stream() {
    let mut state = State::new(1);
    let stream = queue(&mut state, 1);
    answer(&mut state, stream.cast_signed(), 9).unwrap();
    state.abandon(stream);
    assert_eq!((state.waiting(), state.orphans()), (0, 0));
    assert_eq!(queue(&mut state, 2), stream);
}

#[test]
fn a_heartbeat_finds_a_stream_where_requests_find_none() {
    let mut state = State::new(2);
    queue(&mut state, 1);
    queue(&mut state, 2);
    assert!(matches!(state.queue(0, &frame(3), later(), None), Err(Refused::Full)));
    assert!(state.queue(1, &frame(3), later(), None).is_ok());
    assert!(matches!(state.queue(1, &frame(4), later(), None), Err(Refused::Full)));
}

#[test]
fn an_answer_to_nobody_is_a_reason_to_close() {
    let mut state = State::new(8);
    let stream = queue(&mut state, 1).cast_signed();
    for unknown in [stream + 1, -5, i16::MAX] {
        let closed = answer(&mut state, unknown, 0);
        assert!(matches!(closed, Err(CloseReason::UnknownStream { stream }) if stream == unknown));
    }
    answer(&mut state, stream, 0).unwrap();
    assert!(answer(&mut state, stream, 0).is_err(), "one request has one answer");
}

#[test]
fn a_deadline_ends_the_wait_and_leaves_an_orphan() {
    let mut state = State::new(8);
    let deadline = Instant::now();
    let Queued { stream, .. } = state.queue(0, &frame(1), until(deadline), None).unwrap();
    assert!(matches!(poll(&mut state, stream), Poll::Pending));
    assert_eq!(state.expired(deadline).len(), 1);
    assert!(matches!(poll(&mut state, stream), Poll::Expired));
    state.abandon(stream);
    assert_eq!(state.orphans(), 1);
}

#[test]
fn only_those_past_their_deadline_are_woken() {
    let mut state = State::new(8);
    let now = Instant::now();
    for seconds in [1, 60] {
        let Queued { stream, .. } =
            state.queue(0, &frame(1), until(now + Duration::from_secs(seconds)), None).unwrap();
        state.poll(stream, Waker::noop());
    }
    assert_eq!(state.expired(now).len(), 0);
    assert_eq!(state.expired(now + Duration::from_secs(2)).len(), 1);
    assert_eq!(state.expired(now + Duration::from_secs(2)).len(), 0, "once is enough");
}

#[test]
fn those_who_were_woken_without_an_answer_still_get_it() {
    let mut state = State::new(8);
    let stream = queue(&mut state, 1);
    poll(&mut state, stream);
    assert_eq!(state.tell().len(), 1);
    assert!(matches!(poll(&mut state, stream), Poll::Pending));
    assert!(answer(&mut state, stream.cast_signed(), 5).unwrap().is_some(), "it waits again");
    assert!(matches!(poll(&mut state, stream), Poll::Ready(reply) if reply.body[0] == 5));
}

#[test]
fn a_suspicion_is_told_once_to_each_who_waits_and_to_those_who_come_later() {
    let mut state = State::new(8);
    let first = queue(&mut state, 1);
    poll(&mut state, first);
    assert_eq!(state.tell().len(), 1);
    poll(&mut state, first);
    let second = queue(&mut state, 2);
    poll(&mut state, second);
    assert_eq!(state.tell().len(), 1);
    assert_eq!(state.tell().len(), 0);
    assert_eq!(state.close(CloseReason::ByPeer).len(), 1, "the first one waits again");
}

#[test]
fn a_closed_connection_refuses_requests_and_tells_those_that_wait() {
    let mut state = State::new(8);
    let stream = queue(&mut state, 1);
    assert!(matches!(poll(&mut state, stream), Poll::Pending));
    assert_eq!(state.close(CloseReason::ByPeer).len(), 1);
    state.close(CloseReason::Drained);
    assert!(matches!(poll(&mut state, stream), Poll::Lost(CloseReason::ByPeer)));
    assert!(matches!(
        state.queue(0, &frame(2), later(), None),
        Err(Refused::Closed(CloseReason::ByPeer))
    ));
}

#[test]
fn a_draining_connection_finishes_what_it_has() {
    let mut state = State::new(8);
    let stream = queue(&mut state, 1);
    state.drain(CloseReason::Surplus);
    state.drain(CloseReason::Drained);
    assert!(matches!(
        state.queue(0, &frame(2), later(), None),
        Err(Refused::Closed(CloseReason::Surplus))
    ));
    assert!(state.drained().is_none(), "a request is under way");
    answer(&mut state, stream.cast_signed(), 5).unwrap();
    assert!(matches!(state.drained(), Some(CloseReason::Surplus)));
    assert!(matches!(poll(&mut state, stream), Poll::Ready(_)));
}

#[test]
fn every_stream_up_to_the_limit_can_be_taken() {
    let mut state = State::new(usize::MAX);
    let last = (0..1 << 15).map(|_| queue(&mut state, 0)).last();
    assert_eq!(last, Some(i16::MAX.cast_unsigned()));
    assert!(matches!(state.queue(0, &frame(0), later(), None), Err(Refused::Full)));
}

#[test]
fn no_more_is_held_than_may_be_until_it_is_written() {
    let length = frame(0).len();
    let mut state = State::new(8).holding(length * 2);
    let is_full =
        |state: &mut State| matches!(state.queue(0, &frame(0), later(), None), Err(Refused::Full));
    assert!(matches!(state.queue(0, &frame(1), later(), None).unwrap().writing, Writing::Now(_)));
    queue(&mut state, 2);
    queue(&mut state, 3);
    assert!(is_full(&mut state));
    assert!(state.queue(1, &frame(0), later(), None).is_ok(), "the driver's own go out");
    written(&mut state);
    let larger = [frame(3), frame(3), frame(3)].concat();
    assert!(state.queue(0, &larger, later(), None).is_ok(), "one alone may be larger");
    assert!(is_full(&mut state));
}

#[test]
fn a_limit_counts_orphans_and_can_be_moved() {
    let mut state = State::new(2);
    let is_full =
        |state: &mut State| matches!(state.queue(0, &frame(0), later(), None), Err(Refused::Full));
    let first = queue(&mut state, 1);
    let second = queue(&mut state, 2);
    assert!(is_full(&mut state));
    written(&mut state);
    state.abandon(first);
    assert!(is_full(&mut state), "an orphan keeps its place");
    state.set_limit(3);
    let third = queue(&mut state, 3);
    state.set_limit(1);
    for stream in [second, third] {
        answer(&mut state, stream.cast_signed(), 0).unwrap();
        poll(&mut state, stream);
    }
    assert!(is_full(&mut state));
    answer(&mut state, first.cast_signed(), 0).unwrap();
    queue(&mut state, 4);
    assert!(is_full(&mut state));
}

#[test]
fn after_many_answers_at_once_a_request_waits_for_those_that_follow_with_it() {
    let mut state = State::new(8);
    let write = |state: &mut State| state.queue(0, &frame(1), later(), None).unwrap();
    state.end_answers(2);
    assert!(state.gathered().is_none(), "they ask nothing");
    let Queued { stream, writing, .. } = write(&mut state);
    assert_eq!(writing, Writing::Wake, "others may follow");
    assert_eq!(write(&mut state).writing, Writing::UnderWay, "the writer is called once");
    assert_eq!(written(&mut state).len(), 2);
    state.end_answers(1);
    for stream in [stream, stream + 1] {
        answer(&mut state, stream.cast_signed(), 1).unwrap();
        poll(&mut state, stream);
    }
    assert!(matches!(write(&mut state).writing, Writing::Now(_)));
}

#[test]
fn those_who_are_answered_together_have_what_they_ask_written_together() {
    let mut state = State::new(8);
    state.end_answers(2);
    for mark in 0..3 {
        let queued = state.queue(0, &frame(mark), later(), None).unwrap();
        assert_eq!(queued.writing, Writing::UnderWay);
    }
    let frames = state.gathered().unwrap();
    assert_eq!(frames.len(), 3 * frame(0).len());
    assert!(state.gathered().is_none(), "somebody is writing already");
    assert!(!state.finish_lone(frames, &[]));
    assert!(state.gathered().is_none(), "there is nothing to write");
    let queued = state.queue(0, &frame(3), later(), None).unwrap();
    assert_eq!(queued.writing, Writing::Wake, "nobody gathers any more");
}

#[test]
fn the_waker_given_with_a_request_is_woken_by_its_answer() {
    let mut state = State::new(8);
    let Queued { stream, .. } =
        state.queue(0, &frame(1), later(), Some(Waker::noop().clone())).unwrap();
    let woken = answer(&mut state, stream.cast_signed(), 1).unwrap();
    assert!(woken.is_some());
}

#[test]
fn a_keeper_rests_only_while_nobody_waits_and_is_woken_once() {
    let mut state = State::new(8);
    let queue = |state: &mut State| state.queue(0, &frame(1), later(), None).unwrap();
    assert!(state.rest());
    assert!(queue(&mut state).wakes_keeper);
    assert!(!queue(&mut state).wakes_keeper);
    assert!(!state.rest(), "there are deadlines to look at");
}
