use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport,
};

/// Notes when a request is fully written: the moment at which ureq begins to wait for the answer. ureq's errors do not
/// say it, and it decides whether an attempt may have had its effect.
#[derive(Clone, Debug, Default)]
pub(super) struct Observed(Arc<AtomicBool>);

impl Observed {
    pub(super) fn sent(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// What connects: proxy, TCP and TLS as ureq does it, with this outermost, so that handshakes are not noted.
    pub(super) fn connector(&self) -> impl Connector {
        DefaultConnector::new().chain(self.clone())
    }
}

impl<In: Transport> Connector<In> for Observed {
    type Out = Watched<In>;

    fn connect(
        &self,
        _: &ConnectionDetails,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        // The talk with a proxy that comes before this is none of the request's.
        self.0.store(false, Ordering::Relaxed);
        Ok(chained.map(|inner| Watched {
            inner,
            observed: self.clone(),
        }))
    }
}

pub(super) struct Watched<In> {
    inner: In,
    observed: Observed,
}

impl<In: Transport> Transport for Watched<In> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.observed.0.store(true, Ordering::Relaxed);
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

impl<In> fmt::Debug for Watched<In> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watched")
    }
}
