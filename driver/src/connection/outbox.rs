/// What is kept of a buffer between writes, in bytes.
const KEPT_BUFFER: usize = 256 * 1024;

/// One is filled while the writer has one and a caller another.
const SPARE_BUFFERS: usize = 2;

/// Frames that wait to be written, in order.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// The end of a write that stopped half way: it goes before all else.
    rest: Vec<u8>,
    frames: Vec<u8>,
    /// Empty buffers that take the place of `frames` when they are written.
    spare: Vec<Vec<u8>>,
    queued: Vec<Queued>,
    has_cancelled: bool,
    /// How often the frames have been taken away, so that a frame's place tells whether it is still here.
    taken: u64,
    /// Whether somebody is writing: only one may, or frames would mix.
    is_writing: bool,
    /// Whether the writer has been called and has not come yet, or the reader will write.
    is_writer_called: bool,
}

#[derive(Debug)]
struct Queued {
    length: usize,
    is_cancelled: bool,
}

/// Where a frame was queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    taken: u64,
    index: u32,
}

/// What is to be written next: the end of a write that stopped half way, and whole frames behind it.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) rest: Vec<u8>,
    pub(super) frames: Vec<u8>,
}

/// How a frame that was queued shall be written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Writing {
    /// By whoever queued it, now: there is no reason to wait for others.
    Now(Vec<u8>),
    /// By the writer, which must be woken.
    Wake,
    /// By the writer, which is at work or will be.
    UnderWay,
}

impl Outbox {
    /// Queues a frame under a stream id.
    pub(super) fn push(&mut self, frame: &[u8], stream: u16) -> Place {
        let start = self.frames.len();
        self.frames.extend_from_slice(frame);
        self.frames[start + 2..start + 4].copy_from_slice(&stream.to_be_bytes());
        self.queued.push(Queued { length: frame.len(), is_cancelled: false });
        // There are no more frames than stream ids, except for those taken back.
        let index = u32::try_from(self.queued.len() - 1).unwrap_or(u32::MAX);
        Place { taken: self.taken, index }
    }

    /// Bytes that nobody is writing yet.
    pub(super) fn unwritten(&self) -> usize {
        self.rest.len() + self.frames.len()
    }

    /// How the frame that was queued last shall be written: as soon as `enough` frames are there they need not wait for
    /// others.
    pub(super) fn writing(&mut self, enough: usize) -> Writing {
        if self.is_writing {
            return Writing::UnderWay;
        }
        if self.queued.len() >= enough && self.rest.is_empty() {
            self.is_writing = true;
            return Writing::Now(self.take());
        }
        match std::mem::replace(&mut self.is_writer_called, true) {
            true => Writing::UnderWay,
            false => Writing::Wake,
        }
    }

    /// Leaves what is queued from now on to whoever calls [`gathered`](Self::gathered).
    pub(super) fn gather(&mut self) {
        self.is_writer_called = true;
    }

    /// What has been queued since [`gather`](Self::gather), to be written now; `None` where there is nothing, or somebody
    /// else is writing.
    pub(super) fn gathered(&mut self) -> Option<Vec<u8>> {
        self.is_writer_called = false;
        // Where a write stopped half way the writer has been called.
        if self.is_writing || !self.rest.is_empty() || self.frames.is_empty() {
            return None;
        }
        self.is_writing = true;
        Some(self.take())
    }

    /// Takes a frame back; `false` where it is too late for that.
    pub(super) fn cancel(&mut self, place: Place) -> bool {
        let queued = self.queued.get_mut(place.index as usize);
        let Some(queued) = queued.filter(|_| place.taken == self.taken) else { return false };
        queued.is_cancelled = true;
        self.has_cancelled = true;
        true
    }

    /// All frames that have not been cancelled.
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.taken += 1;
        let mut frames = std::mem::replace(&mut self.frames, self.spare.pop().unwrap_or_default());
        if std::mem::take(&mut self.has_cancelled) {
            let (mut from, mut to) = (0, 0);
            for Queued { length, is_cancelled } in &self.queued {
                if !is_cancelled {
                    frames.copy_within(from..from + length, to);
                    to += length;
                }
                from += length;
            }
            frames.truncate(to);
        }
        self.queued.clear();
        frames
    }

    /// Starts writing, unless somebody else is at it or there is nothing to write. What is to be written takes the
    /// place of what was in `batch`.
    pub(super) fn start_writing(&mut self, batch: &mut Batch) -> bool {
        self.is_writer_called = false;
        if self.is_writing || !self.has_more() {
            return false;
        }
        self.is_writing = true;
        batch.rest.clear();
        std::mem::swap(&mut batch.rest, &mut self.rest);
        self.recycle(std::mem::take(&mut batch.frames));
        batch.frames = self.take();
        true
    }

    fn has_more(&self) -> bool {
        !self.rest.is_empty() || !self.frames.is_empty()
    }

    /// Ends writing; returns whether more has been queued meanwhile, for which the writer must be woken.
    pub(super) fn finish_writing(&mut self) -> bool {
        self.is_writing = false;
        let has_more = self.has_more();
        self.is_writer_called |= has_more;
        has_more
    }

    /// Takes back the buffer of a finished write.
    pub(super) fn recycle(&mut self, mut written: Vec<u8>) {
        if self.spare.len() < SPARE_BUFFERS && (1..=KEPT_BUFFER).contains(&written.capacity()) {
            written.clear();
            self.spare.push(written);
        }
    }

    /// Keeps what could not be written for the writer. It has left in part, so it can no longer be taken back.
    pub(super) fn put_back(&mut self, unwritten: &[u8]) {
        self.rest.extend_from_slice(unwritten);
    }
}
