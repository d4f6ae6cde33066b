//! Exports `getrandom` from the programs of this package, so that libraries which look it up by name find ours.

fn main() {
    println!("cargo:rustc-link-arg=-Wl,--export-dynamic-symbol=getrandom");
    println!("cargo:rerun-if-changed=build.rs");
}
