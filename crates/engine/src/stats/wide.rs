//! The same work by wider instructions, where the processor has them.
//!
//! The engine is built for every processor of an architecture, on x86-64 for two numbers a register. Loops
//! that are long are compiled once more for four (AVX2), and which is run is decided where it runs. Both are the same
//! operations in the same order (the module `lanes` has sixteen sums whatever the width, and nothing multiplies and adds
//! in one rounding), so that both give the same bits.

#[cfg(target_arch = "x86_64")]
use fearless_simd::{Level, Simd};

/// Does the work, with the wider instructions where there are some. What is not inlined into `work` is not widened:
/// everything in it that loops is `#[inline(always)]`.
#[inline]
pub(crate) fn widest<R>(work: impl FnOnce() -> R) -> R {
    // AVX-512 has gained nothing: 2.6 ns a point of a rolling score, where AVX2 takes 2.0.
    #[cfg(target_arch = "x86_64")]
    if let Some(wide) = Level::new().as_avx2() {
        return wide.vectorize(work);
    }
    work()
}
