//! The list of all detectors, and one type for each way to use any of them.

use fleetscope_model::Sample;
use serde::{Deserialize, Serialize};

use super::{
    CounterRate, Decomposed, Ewma, FlatLine, ForecastBand, Iqr, Mad, MatrixProfile, Mode, Offline,
    OnlineChange, Pelt, Score, Seasonal, SpectralResidual, Streaming, SubPca, ZScore, replay,
};
use crate::ensemble::Ensemble;

/// A detector of one series. Several series of an entity together are [`super::Joint`]'s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// [`ZScore`].
    ZScore,
    /// [`Iqr`].
    Iqr,
    /// [`Mad`].
    Mad,
    /// [`Ewma`].
    Ewma,
    /// [`Seasonal`].
    Seasonal,
    /// [`Decomposed`].
    Decomposed,
    /// [`SpectralResidual`].
    SpectralResidual,
    /// [`OnlineChange`].
    OnlineChange,
    /// [`Pelt`].
    Pelt,
    /// [`MatrixProfile`].
    MatrixProfile,
    /// [`SubPca`].
    SubPca,
    /// [`FlatLine`].
    FlatLine,
    /// [`CounterRate`].
    CounterRate,
    /// [`ForecastBand`].
    ForecastBand,
    /// [`Ensemble`].
    Ensemble,
}

impl Kind {
    /// All of them, in the order of the published table.
    pub const ALL: [Self; 15] = [
        Self::ZScore,
        Self::Iqr,
        Self::Mad,
        Self::Ewma,
        Self::Seasonal,
        Self::Decomposed,
        Self::SpectralResidual,
        Self::OnlineChange,
        Self::Pelt,
        Self::MatrixProfile,
        Self::SubPca,
        Self::FlatLine,
        Self::CounterRate,
        Self::ForecastBand,
        Self::Ensemble,
    ];

    /// The name in an anomaly.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ZScore => "z-score",
            Self::Iqr => "iqr",
            Self::Mad => "robust-z",
            Self::Ewma => "ewma",
            Self::Seasonal => "seasonal-profile",
            Self::Decomposed => "decomposition",
            Self::SpectralResidual => "spectral-residual",
            Self::OnlineChange => "change-online",
            Self::Pelt => "change-pelt",
            Self::MatrixProfile => "matrix-profile",
            Self::SubPca => "sub-pca",
            Self::FlatLine => "flat-line",
            Self::CounterRate => "counter-rate",
            Self::ForecastBand => "holt-winters",
            Self::Ensemble => "ensemble",
        }
    }

    /// How it reads a series.
    pub const fn mode(self) -> Mode {
        match self {
            Self::Decomposed | Self::Pelt | Self::SubPca => Mode::Offline,
            _ => Mode::Both,
        }
    }

    /// A fresh stream; none where it needs the whole window.
    pub fn stream(self) -> Option<Stream> {
        Some(match self {
            Self::ZScore => Stream::ZScore(ZScore::default()),
            Self::Iqr => Stream::Iqr(Iqr::default()),
            Self::Mad => Stream::Mad(Mad::default()),
            Self::Ewma => Stream::Ewma(Ewma::default()),
            Self::Seasonal => Stream::Seasonal(Seasonal::default()),
            Self::SpectralResidual => Stream::SpectralResidual(SpectralResidual::default()),
            Self::OnlineChange => Stream::OnlineChange(OnlineChange::default()),
            Self::MatrixProfile => Stream::MatrixProfile(MatrixProfile::default()),
            Self::FlatLine => Stream::FlatLine(FlatLine::default()),
            Self::CounterRate => Stream::CounterRate(CounterRate::default()),
            Self::ForecastBand => Stream::ForecastBand(ForecastBand::default()),
            Self::Ensemble => Stream::Ensemble(Box::default()),
            Self::Decomposed | Self::Pelt | Self::SubPca => return None,
        })
    }
}

impl Offline for Kind {
    fn scores(&self, samples: &[Sample]) -> Vec<Option<Score>> {
        match self {
            Self::Decomposed => Decomposed::default().scores(samples),
            Self::Pelt => Pelt::default().scores(samples),
            Self::SubPca => SubPca::default().scores(samples),
            _ => self
                .stream()
                .map_or_else(|| vec![None; samples.len()], |s| replay(s, samples)),
        }
    }
}

/// The state of any streaming detector: saved and restored as one type.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "detector", content = "state", rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each is the detector of its name")]
pub enum Stream {
    ZScore(ZScore),
    Iqr(Iqr),
    Mad(Mad),
    Ewma(Ewma),
    Seasonal(Seasonal),
    SpectralResidual(SpectralResidual),
    OnlineChange(OnlineChange),
    MatrixProfile(MatrixProfile),
    FlatLine(FlatLine),
    CounterRate(CounterRate),
    ForecastBand(ForecastBand),
    Ensemble(Box<Ensemble>),
}

impl Streaming for Stream {
    fn push(&mut self, sample: Sample) -> Option<Score> {
        match self {
            Self::ZScore(d) => d.push(sample),
            Self::Iqr(d) => d.push(sample),
            Self::Mad(d) => d.push(sample),
            Self::Ewma(d) => d.push(sample),
            Self::Seasonal(d) => d.push(sample),
            Self::SpectralResidual(d) => d.push(sample),
            Self::OnlineChange(d) => d.push(sample),
            Self::MatrixProfile(d) => d.push(sample),
            Self::FlatLine(d) => d.push(sample),
            Self::CounterRate(d) => d.push(sample),
            Self::ForecastBand(d) => d.push(sample),
            Self::Ensemble(d) => Streaming::push(&mut **d, sample),
        }
    }
}
