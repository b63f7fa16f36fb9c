//! Do the tables say what the documentation says, and do they agree with each other?

mod keywords;
mod middlewares_and_cards;
mod profiles;
mod provenance;
mod versions;
