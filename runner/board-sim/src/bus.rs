//! What an access port sees behind it.

/// The machine is not there any more: nothing can be answered.
#[derive(Debug, thiserror::Error)]
#[error("the machine is gone: {0}")]
pub struct Gone(pub String);

impl From<std::io::Error> for Gone {
    fn from(error: std::io::Error) -> Gone {
        Gone(error.to_string())
    }
}

/// Memory with registers in it. Each access says whether something is there.
pub trait Bus {
    /// Reads full words; the address is a multiple of four.
    fn read_words(&mut self, address: u32, words: &mut [u32]) -> Result<bool, Gone>;
    /// Writes full words.
    fn write_words(&mut self, address: u32, words: &[u32]) -> Result<bool, Gone>;
    /// Reads a byte.
    fn read_byte(&mut self, address: u32) -> Result<Option<u8>, Gone>;
    /// Reads two bytes; the address is a multiple of two.
    fn read_half(&mut self, address: u32) -> Result<Option<u16>, Gone>;
    /// Writes a byte.
    fn write_byte(&mut self, address: u32, value: u8) -> Result<bool, Gone>;
    /// Writes two bytes.
    fn write_half(&mut self, address: u32, value: u16) -> Result<bool, Gone>;
}
