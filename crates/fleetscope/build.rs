//! How the binary is linked.

fn main() {
    // Addresses that the loader has to correct are told by bits, not by 24 bytes each: over a
    // megabyte less to read and to hold. Known to glibc 2.36, binutils 2.38 and LLVM 15.
    if cfg!(target_os = "linux") {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    println!("cargo::rerun-if-changed=build.rs");
}
