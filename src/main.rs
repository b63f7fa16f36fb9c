//! The command `perso`: hands its arguments to [`perso::cli`] and ends with the exit code it returns.

fn main() -> std::process::ExitCode {
    perso::cli::main()
}
