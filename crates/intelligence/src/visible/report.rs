//! Reports as a reader sees them: whole, or not at all.

use fleetscope_model::{Aspect, Report};

use super::Eyes;
use crate::Result;

/// The report, where all of what its text tells of is seen. One that does not say what it tells
/// of is for those who see everything.
pub(crate) async fn visible(eyes: &mut Eyes<'_>, report: Report) -> Result<Option<Report>> {
    if eyes.see_all() {
        return Ok(Some(report));
    }
    for place in &report.places {
        // Its text cites every kind of reading.
        for aspect in Aspect::ALL {
            if !eyes.sees(place.clone(), aspect).await? {
                return Ok(None);
            }
        }
    }
    Ok((!report.places.is_empty()).then_some(report))
}
