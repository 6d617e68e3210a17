pub(crate) mod dwarf {
    pub struct DebugInfo;
    pub struct Function {
        pub ranges: Vec<(u64, u64)>,
        pub source: Option<ounce_protocol::ledger::Source>,
    }
    impl DebugInfo {
        pub fn read(_: &[u8]) -> Result<Option<DebugInfo>, ()> {
            Ok(None)
        }
        pub fn functions(&self) -> &[Function] {
            &[]
        }
        pub fn inlined_in(&self, _: u64, _: u64) -> Vec<ounce_protocol::ledger::Inlined> {
            vec![]
        }
    }
}
pub(crate) mod stack {
    pub struct Frame {
        pub address: u64,
        pub bytes: u64,
    }
    pub fn frames(_: &[u8]) -> Result<Vec<Frame>, ()> {
        Ok(vec![])
    }
}
pub(crate) mod unwind {
    pub(crate) fn functions(_: &crate::elf::Elf<'_>) -> Vec<(u64, u64)> {
        vec![]
    }
}
