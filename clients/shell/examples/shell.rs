//! The shell by itself: `shell URL [COMMAND]...`, or a person's input.

use shell::{OutputFormat, ShellOptions};

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let format = std::env::var("FORMAT").ok().map(|name| name.parse::<OutputFormat>());
    let options = ShellOptions {
        url: arguments.next(),
        commands: arguments.collect(),
        format: format.and_then(Result::ok).unwrap_or_default(),
        ..ShellOptions::default()
    };
    let code = match shell::run(options).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            1
        }
    };
    std::process::exit(code);
}
