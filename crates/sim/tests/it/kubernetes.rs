//! The simulated Kubernetes API, held to recorded answers of a real server and to the real kubectl.

#[cfg(test)]
mod access;
#[cfg(test)]
mod ask;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod kubectl;
#[cfg(test)]
mod paging;
#[cfg(test)]
mod recorded;
#[cfg(test)]
mod recorded_watch;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod selectors;
#[cfg(test)]
mod store;
#[cfg(test)]
mod tables;
#[cfg(test)]
mod watch;
