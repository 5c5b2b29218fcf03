//! The registry over a real store, and over one in memory whose calls can be made to fail.

#[cfg(test)]
mod bound;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod opening;
#[cfg(test)]
mod rotation;
#[cfg(test)]
mod shelf;
#[cfg(test)]
mod vaults;
