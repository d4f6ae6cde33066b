//! The benchmark by itself, with the command line of `quorate bench`.

use clap::Parser;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    options: bench::BenchOptions,
}

#[tokio::main]
async fn main() {
    let code = match bench::run(Command::parse().options).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            bench::EXIT_FAILURE
        }
    };
    std::process::exit(code);
}
