/// What the values of all rows add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Checksum {
    rows: u64,
    ids: i64,
    texts: u64,
    values: u64,
    times: i64,
    samples: i64,
}

impl Checksum {
    pub(crate) fn add(&mut self, id: i64, sensor: &str, value: f64, taken_at: i64, samples: i64) {
        let last = sensor.bytes().next_back().unwrap_or_default();
        self.rows += 1;
        self.ids = self.ids.wrapping_add(id);
        self.texts = self.texts.wrapping_add(sensor.len() as u64 * 256 + u64::from(last));
        self.values = self.values.wrapping_add(value.to_bits());
        self.times = self.times.wrapping_add(taken_at);
        self.samples = self.samples.wrapping_add(samples);
    }
}
