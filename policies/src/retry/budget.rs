use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// What a retry costs; requests pay in parts of it.
const RETRY: u64 = 1_000;

/// How many retries a session may make: a part of its requests, so that clients do not finish off a cluster in trouble.
///
/// Every request pays in a part of a retry, time pays in a few a second, and each retry takes one out. What is left
/// over is kept up to the reserve. Requests that were lost together with their connection are tried again on credit
/// where nothing is left: there may be thousands of them at once, and the node that they were for does no work for them
/// any more. The credit is limited, and until it is paid back there is no other retry.
///
/// In any stretch of time there are at most `ratio × requests + minimum × seconds + reserve + credit` retries. Shared by
/// all threads without a lock; while it is full, which it mostly is, requests only read it.
#[derive(Debug)]
pub struct RetryBudget {
    started: Instant,
    /// Thousandths of a retry that a request pays in.
    deposit: u64,
    minimum: u32,
    reserve: u64,
    credit: u64,
    /// Thousandths of a retry, counted from where no credit is left.
    balance: AtomicU64,
    /// Until when time has paid in, in milliseconds after the start.
    paid: AtomicU64,
}

impl RetryBudget {
    /// One retry for five requests, 10 a second, a reserve of 100 and a credit of 32,768; full at `now`.
    pub fn new(now: Instant) -> Self {
        let (reserve, credit) = (100 * RETRY, 32_768 * RETRY);
        Self {
            started: now,
            deposit: RETRY / 5,
            minimum: 10,
            reserve,
            credit,
            balance: AtomicU64::new(credit + reserve),
            paid: AtomicU64::new(0),
        }
    }

    /// Retries per request, from 0.0 to 10.0, to a thousandth. Default 0.2.
    #[must_use]
    pub fn with_ratio(mut self, ratio: f64) -> Self {
        let ratio = if ratio.is_nan() { 0.0 } else { ratio.clamp(0.0, 10.0) };
        // A duration is the way from a fraction to whole thousandths without a lossy cast.
        let thousandths = Duration::from_secs_f64(ratio).as_micros().div_ceil(1_000);
        self.deposit = u64::try_from(thousandths).unwrap_or(RETRY);
        self
    }

    /// Retries per second, however few requests there are. Default 10.
    #[must_use]
    pub fn with_minimum_per_second(mut self, minimum: u32) -> Self {
        self.minimum = minimum;
        self
    }

    /// Retries that are kept for a rainy day, and that there are at the start. Default 100; 0 leaves those on credit.
    #[must_use]
    pub fn with_reserve(mut self, reserve: u32) -> Self {
        self.reserve = u64::from(reserve) * RETRY;
        self.balance = AtomicU64::new(self.full());
        self
    }

    /// Retries of requests that were lost with their connection and that may be owed. Default 32,768, which is what one
    /// connection can hold.
    #[must_use]
    pub fn with_credit(mut self, credit: u32) -> Self {
        self.credit = u64::from(credit) * RETRY;
        self.balance = AtomicU64::new(self.full());
        self
    }

    /// Pays in for a request. A retry is no request.
    #[inline]
    pub fn deposit(&self) {
        if self.balance.load(Relaxed) < self.full() {
            self.pay_in(self.deposit);
        }
    }

    /// Takes a retry out; `false` if there is none, and then there should be no retry.
    pub fn withdraw(&self, now: Instant) -> bool {
        self.take(self.credit, now)
    }

    /// Takes a retry out for a request whose connection was lost, on credit if need be; `false` if there is none.
    pub fn borrow(&self, now: Instant) -> bool {
        self.take(0, now)
    }

    /// Whole retries that are left, without credit.
    pub fn left(&self) -> u64 {
        self.balance.load(Relaxed).saturating_sub(self.credit) / RETRY
    }

    /// Whole retries that are owed.
    pub fn owed(&self) -> u64 {
        self.credit.saturating_sub(self.balance.load(Relaxed)).div_ceil(RETRY)
    }

    #[inline]
    fn full(&self) -> u64 {
        self.credit + self.reserve
    }

    /// Takes a retry out of what there is above `floor`.
    fn take(&self, floor: u64, now: Instant) -> bool {
        self.pay_in_for_time(now);
        let less = |balance: u64| balance.checked_sub(RETRY).filter(|left| *left >= floor);
        self.balance.try_update(Relaxed, Relaxed, less).is_ok()
    }

    fn pay_in(&self, amount: u64) {
        let more = |balance: u64| Some(balance.saturating_add(amount).min(self.full()));
        let _ = self.balance.try_update(Relaxed, Relaxed, more);
    }

    fn pay_in_for_time(&self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.started).as_millis();
        let elapsed = u64::try_from(elapsed).unwrap_or(u64::MAX);
        let paid = self.paid.fetch_max(elapsed, Relaxed);
        // So many a second are as many thousandths a millisecond.
        self.pay_in(elapsed.saturating_sub(paid).saturating_mul(self.minimum.into()));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn requests_and_time_pay_for_retries() {
        let start = Instant::now();
        let budget = RetryBudget::new(start).with_reserve(2).with_minimum_per_second(1);
        assert!(budget.withdraw(start) && budget.withdraw(start) && !budget.withdraw(start));
        (0..4).for_each(|_| budget.deposit());
        assert!(!budget.withdraw(start));
        budget.deposit();
        assert!(budget.withdraw(start) && !budget.withdraw(start));
        assert!(!budget.withdraw(start + Duration::from_millis(999)));
        assert!(budget.withdraw(start + Duration::from_secs(1)));
    }

    #[test]
    fn no_more_than_the_reserve_is_kept() {
        let start = Instant::now();
        let budget = RetryBudget::new(start).with_reserve(3).with_ratio(1.0);
        (0..1000).for_each(|_| budget.deposit());
        assert_eq!(budget.left(), 3);
        let later = start + Duration::from_secs(3600);
        assert_eq!((0..10).filter(|_| budget.withdraw(later)).count(), 3);
    }

    #[test]
    fn what_a_connection_held_is_tried_again_on_credit_and_paid_back_first() {
        let start = Instant::now();
        let budget = RetryBudget::new(start).with_minimum_per_second(0);
        assert!((0..10_000).all(|_| budget.borrow(start)));
        assert_eq!((budget.left(), budget.owed()), (0, 9_900));
        assert!(!budget.withdraw(start));
        (0..9_900 * 5).for_each(|_| budget.deposit());
        assert!(budget.owed() == 0 && !budget.withdraw(start));
        (0..5).for_each(|_| budget.deposit());
        assert!(budget.withdraw(start) && !budget.withdraw(start));
        let budget = budget.with_credit(2).with_reserve(1);
        assert_eq!((0..9).filter(|_| budget.borrow(start)).count(), 3);
    }

    #[test]
    fn threads_never_take_out_more_than_there_is() {
        let start = Instant::now();
        let budget = RetryBudget::new(start).with_reserve(500).with_minimum_per_second(0);
        let taken: usize = std::thread::scope(|scope| {
            let take = || (0..1000).filter(|_| budget.withdraw(start)).count();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(taken, 500);
    }

    proptest! {
        #[test]
        fn retries_never_exceed_what_was_paid_in(
            events in prop::collection::vec((0..3, 0..50_u64), 1..500),
            ratio in 0.0..2.0_f64,
            minimum in 0..20_u32,
            reserve in 0..20_u32,
            credit in 0..20_u32,
        ) {
            let start = Instant::now();
            let budget = RetryBudget::new(start)
                .with_ratio(ratio)
                .with_minimum_per_second(minimum)
                .with_reserve(reserve)
                .with_credit(credit);
            let (mut requests, mut retries, mut millis) = (0.0, 0.0, 0);
            for (event, later) in events {
                millis += later;
                let now = start + Duration::from_millis(millis);
                let is_retry = match event {
                    0 => budget.withdraw(now),
                    1 => budget.borrow(now),
                    _ => {
                        budget.deposit();
                        requests += 1.0;
                        false
                    }
                };
                retries += f64::from(u8::from(is_retry));
            }
            let seconds = millis as f64 / 1e3;
            let kept = f64::from(reserve) + f64::from(credit);
            let most = (ratio + 0.001) * requests + f64::from(minimum) * seconds + kept;
            prop_assert!(retries <= most + 1e-6, "{retries} of {most}");
        }
    }
}
