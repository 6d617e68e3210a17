//! The verifier: proves, before a function may run, that the run loop's unchecked reads and writes stay inside their bounds.
//!
//! It walks every path once, with a state for each opcode: the depth of the value stack and the innermost exception block. Where
//! paths meet their states must be equal. What it proves:
//! - every opcode reached is one the loop knows, and lies whole inside the function; jumps land on such opcodes;
//! - the stack keeps between its first slot and `n_state`, and so do locals' numbers;
//! - indices of names, constants and functions exist;
//! - exception blocks nest within `n_exc`; a handler starts with exactly one value above its block's depth, and when a block
//!   is left by a jump through finally blocks the depth at the target is what that path gives.
//!
//! It needs five bytes of scratch for each byte of the function, taken from the free heap and given back.

use crate::code::{FLAG_GENERATOR, FLAG_VAR_ARGS, FLAG_VAR_KEYWORDS};
use crate::heap::Kind;
use crate::mpy::{Parse, Prelude, Reader, Reason, Refused};
use crate::opcodes::{EFFECTS, OPS, Op, Operand};
use crate::value::Obj;
use crate::vm::{Stop, Vm, why};

/// What indices in a function may refer to.
pub(crate) struct Limits {
    pub(crate) n_names: usize,
    pub(crate) n_consts: usize,
    pub(crate) n_children: usize,
    /// Where the bytecode lies in the file, for messages.
    pub(crate) file_offset: usize,
}

/// The innermost exception block: the offset of the opcode that began it plus one, 0 for none.
type BlockId = u16;

#[derive(Clone, Copy, PartialEq, Eq)]
struct State {
    depth: u16,
    block: BlockId,
    blocks: u8,
}

/// What is known at each byte of the function: two bytes depth plus one (0: not reached), two bytes block, one byte block count
/// with the high bit for "still to be walked".
struct Scratch {
    bytes: Obj,
    len: usize,
}

const CELL: usize = 5;
/// How often a jump may lead back to where no path has been: once for each `while` loop.
const RESTARTS_MAX: usize = 500;
const TO_WALK: u8 = 0x80;

impl Scratch {
    fn slice(&self) -> &[u8] {
        self.bytes.bytes(0, self.len * CELL)
    }

    fn get(&self, at: usize) -> Option<(State, bool)> {
        let cell = &self.slice()[at * CELL..at * CELL + CELL];
        let depth = u16::from_le_bytes([cell[0], cell[1]]);
        let state = State { depth: depth.wrapping_sub(1), block: u16::from_le_bytes([cell[2], cell[3]]), blocks: cell[4] & !TO_WALK };
        (depth != 0).then_some((state, cell[4] & TO_WALK != 0))
    }

    fn set(&self, at: usize, state: State, to_walk: bool) {
        let depth = (state.depth + 1).to_le_bytes();
        let block = state.block.to_le_bytes();
        let last = state.blocks | if to_walk { TO_WALK } else { 0 };
        self.bytes.write_bytes(0, at * CELL, &[depth[0], depth[1], block[0], block[1], last]);
    }
}

struct Verifier<'v> {
    prelude: &'v Prelude<'v>,
    limits: &'v Limits,
    scratch: Scratch,
    /// Lowest offset that may still have to be walked.
    lowest: usize,
}

/// Checks one function.
pub(crate) fn function(vm: &mut Vm, prelude: &Prelude, limits: &Limits) -> Result<(), Stop> {
    head(prelude, limits)?;
    let len = prelude.code.len();
    let words = (len * CELL).div_ceil(crate::heap::WORD);
    let bytes = vm.alloc(Kind::Str, words).map_err(|_| Stop::NoMemory)?;
    let scratch = Scratch { bytes, len };
    for at in 0..len {
        bytes.write_bytes(0, at * CELL, &[0; CELL]);
    }
    let mut verifier = Verifier { prelude, limits, scratch, lowest: 0 };
    let checked = verifier.walk();
    vm.heap.free(bytes);
    Ok(checked?)
}

/// Checks what the head promises about locals, names and cells.
fn head(prelude: &Prelude, limits: &Limits) -> Parse<()> {
    let bad = |reason| Err(Refused { reason: why(reason), offset: limits.file_offset as u32 });
    let stars = usize::from(prelude.flags & FLAG_VAR_ARGS != 0) + usize::from(prelude.flags & FLAG_VAR_KEYWORDS != 0);
    let n_args = prelude.n_pos + prelude.n_kwonly;
    if n_args + stars > prelude.n_state || prelude.n_default > prelude.n_pos {
        return bad(&"more arguments than locals");
    }
    let mut names = Reader::new(prelude.names);
    for _ in 0..=n_args {
        match names.uint() {
            Ok(index) if index < limits.n_names => {}
            _ => return bad(&"an argument's name is missing"),
        }
    }
    if prelude.cells.iter().any(|local| usize::from(*local) >= prelude.n_state) {
        return bad(&"a cell is not a local");
    }
    Ok(())
}

/// A decoded opcode.
struct Step {
    op: Op,
    opcode: u8,
    /// The operand; for jumps the target.
    value: usize,
    byte: u8,
    next: usize,
}

impl Verifier<'_> {
    fn bad<V>(&self, at: usize, reason: Reason) -> Parse<V> {
        Err(Refused { reason: why(reason), offset: (self.limits.file_offset + at) as u32 })
    }

    fn walk(&mut self) -> Parse<()> {
        self.arrive(0, State { depth: 0, block: 0, blocks: 0 }, 0)?;
        // Each opcode is walked once; a jump back to one not yet walked lowers the start.
        let (mut at, mut restarts) = (0, 0);
        while at < self.prelude.code.len() {
            self.lowest = usize::MAX;
            if let Some((state, true)) = self.scratch.get(at) {
                self.scratch.set(at, state, false);
                self.step(at, state)?;
            }
            if self.lowest < at {
                restarts += 1;
                if restarts > RESTARTS_MAX {
                    return self.bad(at, &"too many loops");
                }
            }
            at = (at + 1).min(self.lowest);
        }
        self.no_overlap()
    }

    /// No opcode that is reached may begin inside another one that is reached.
    fn no_overlap(&self) -> Parse<()> {
        let mut free_from = 0;
        for at in 0..self.prelude.code.len() {
            if self.scratch.get(at).is_some() {
                if at < free_from {
                    return self.bad(at, &"a jump goes into an opcode");
                }
                free_from = self.decode(at)?.next;
            }
        }
        Ok(())
    }

    /// A path with this state reaches `target`.
    fn arrive(&mut self, target: usize, state: State, from: usize) -> Parse<()> {
        if target >= self.prelude.code.len() {
            return self.bad(from, &"runs or jumps out of the function");
        }
        match self.scratch.get(target) {
            None => {
                self.scratch.set(target, state, true);
                self.lowest = self.lowest.min(target);
                Ok(())
            }
            Some((known, _)) if known == state => Ok(()),
            Some(_) => self.bad(target, &"paths meet with different stacks"),
        }
    }

    fn decode(&self, at: usize) -> Parse<Step> {
        let code = self.prelude.code;
        let shift = |refused: Refused| Refused { offset: refused.offset + self.limits.file_offset as u32, ..refused };
        let mut reader = Reader::new(code);
        reader.at = at;
        let opcode = reader.byte().map_err(shift)?;
        let op = OPS[usize::from(opcode)];
        if matches!(op, Op::Invalid | Op::Halt) {
            return self.bad(at, &"unknown opcode");
        }
        let (_, _, operand) = EFFECTS[op as usize];
        let mut byte = 0;
        let mut value = 0;
        match operand {
            Operand::None => {}
            Operand::Name | Operand::Uint | Operand::UintByte => value = reader.uint().map_err(shift)?,
            Operand::Int => value = self.small_int(&mut reader).map_err(shift)?,
            Operand::Forward | Operand::Signed | Operand::SignedByte => {
                let low = usize::from(reader.byte().map_err(shift)?);
                let (distance, bias) =
                    if low < 0x80 { (low, 0x40) } else { (low & 0x7f | usize::from(reader.byte().map_err(shift)?) << 7, 0x4000) };
                let bias = if operand == Operand::Forward { 0 } else { bias };
                match (reader.at + distance).checked_sub(bias) {
                    Some(target) => value = target,
                    None => return self.bad(at, &"runs or jumps out of the function"),
                }
            }
        }
        if matches!(operand, Operand::UintByte | Operand::SignedByte) {
            byte = reader.byte().map_err(shift)?;
        }
        Ok(Step { op, opcode, value, byte, next: reader.at })
    }

    /// Small ints must fit 31 bits: at most five groups, and the value in range.
    fn small_int(&self, reader: &mut Reader) -> Parse<usize> {
        let first = reader.byte()?;
        let mut value = if first & 0x40 != 0 { i64::from(first & 0x7f) - 0x80 } else { i64::from(first & 0x7f) };
        let mut byte = first;
        for _ in 0..4 {
            if byte < 0x80 {
                break;
            }
            byte = reader.byte()?;
            value = (value << 7) | i64::from(byte & 0x7f);
        }
        let range = i64::from(crate::value::INT_MIN)..=i64::from(crate::value::INT_MAX);
        if byte >= 0x80 || !range.contains(&value) { reader.bad(&"a small int is too large") } else { Ok(0) }
    }

    /// The block a state is in: the state its opcode was reached with, its depth, whether it is not a plain except, its handler.
    fn block(&self, id: BlockId) -> Parse<(State, u16, Op, usize)> {
        let at = usize::from(id) - 1;
        let step = self.decode(at)?;
        let Some((state, _)) = self.scratch.get(at) else { return self.bad(at, &"a block has no beginning") };
        // A with block keeps `__exit__` and its self below.
        let depth = if step.op == Op::SetupWith { state.depth + 1 } else { state.depth };
        Ok((state, depth, step.op, step.value))
    }

    fn step(&mut self, at: usize, state: State) -> Parse<()> {
        let step = self.decode(at)?;
        let (takes, gives, operand) = EFFECTS[step.op as usize];
        let (mut takes, mut gives) = (usize::from(takes), usize::from(gives));
        if operand == Operand::Name && step.value >= self.limits.n_names {
            return self.bad(at, &"no such name");
        }
        let n_state = self.prelude.n_state;
        let value = step.value;
        match step.op {
            // The end of an `async with`, see `opcodes::is_async_turn`: two values change places.
            #[cfg(feature = "language")]
            Op::RotThree if crate::opcodes::is_async_turn(self.prelude.code.get(step.next..).unwrap_or(&[])) => {
                if state.depth < 2 {
                    return self.bad(at, &"takes more than the stack holds");
                }
                return self.arrive(step.next + 1, state, at);
            }
            Op::LoadFast | Op::StoreFast | Op::DeleteFast | Op::LoadDeref | Op::StoreDeref | Op::DeleteDeref if value >= n_state => {
                return self.bad(at, &"no such local");
            }
            Op::LoadFastMulti | Op::StoreFastMulti if usize::from(step.opcode & 0xf) >= n_state => {
                return self.bad(at, &"no such local");
            }
            Op::LoadConst if value >= self.limits.n_consts => return self.bad(at, &"no such constant"),
            Op::MakeFunction | Op::MakeFunctionDefaults | Op::MakeClosure | Op::MakeClosureDefaults if value >= self.limits.n_children => {
                return self.bad(at, &"no such function");
            }
            Op::MakeClosure | Op::MakeClosureDefaults => takes += usize::from(step.byte),
            Op::BuildTuple | Op::BuildList | Op::BuildSet => takes += value,
            Op::BuildSlice if value != 2 && value != 3 => return self.bad(at, &"a slice of other than two or three"),
            Op::BuildSlice => takes += value,
            Op::UnpackSequence => gives += value,
            Op::UnpackEx if value > 0xffff => return self.bad(at, &"number too large"),
            Op::UnpackEx => gives += (value & 0xff) + (value >> 8) + 1,
            Op::Call | Op::CallVarKw | Op::CallMethod | Op::CallMethodVarKw if value > 0xffff => {
                return self.bad(at, &"number too large");
            }
            Op::Call | Op::CallVarKw | Op::CallMethod | Op::CallMethodVarKw => takes += (value & 0xff) + 2 * (value >> 8),
            // Reads the container `value >> 2` slots below the top, and takes one or two.
            Op::StoreComp => {
                let items = if value & 3 == 1 { 2 } else { 1 };
                if value & 3 == 3 || value >> 2 < items || value >> 2 >= usize::from(state.depth) {
                    return self.bad(at, &"no container there");
                }
                takes += items;
            }
            Op::Yield | Op::YieldFrom if self.prelude.flags & FLAG_GENERATOR == 0 => {
                return self.bad(at, &"yield in a function that is no generator");
            }
            _ => {}
        }
        let depth = usize::from(state.depth);
        if takes > depth {
            return self.bad(at, &"takes more than the stack holds");
        }
        let after = depth - takes + gives;
        // WITH_CLEANUP lays out three arguments where its state is.
        let high = if step.op == Op::WithCleanup { depth + 2 } else { after.max(depth) };
        if high > n_state {
            return self.bad(at, &"the stack is too deep");
        }
        self.flow(at, state, &step, after)
    }

    /// Where control goes from an opcode, and with what.
    fn flow(&mut self, at: usize, state: State, step: &Step, after: usize) -> Parse<()> {
        let next = State { depth: after as u16, ..state };
        let with_depth = |depth: usize| State { depth: depth as u16, ..state };
        match step.op {
            Op::Return => Ok(()),
            Op::RaiseObj | Op::RaiseLast | Op::RaiseFrom => Ok(()),
            Op::Jump => self.arrive(step.value, next, at),
            Op::PopJumpIfTrue | Op::PopJumpIfFalse => {
                self.arrive(step.value, next, at)?;
                self.arrive(step.next, next, at)
            }
            Op::JumpIfTrueOrPop | Op::JumpIfFalseOrPop => {
                self.arrive(step.value, with_depth(after + 1), at)?;
                self.arrive(step.next, next, at)
            }
            Op::ForIter => {
                self.arrive(step.value, with_depth(after - 5), at)?;
                self.arrive(step.next, next, at)
            }
            Op::SetupExcept | Op::SetupFinally | Op::SetupWith => {
                if usize::from(state.blocks) >= self.prelude.n_exc {
                    return self.bad(at, &"too many exception blocks");
                }
                let inside = State { depth: after as u16, block: at as u16 + 1, blocks: state.blocks + 1 };
                // The handler starts with one value above the block's depth.
                let base = if step.op == Op::SetupWith { after - 1 } else { after };
                if base + 1 > self.prelude.n_state {
                    return self.bad(at, &"the stack is too deep");
                }
                self.arrive(step.value, State { depth: base as u16 + 1, ..inside }, at)?;
                self.arrive(step.next, inside, at)
            }
            Op::PopExceptJump => {
                if state.block == 0 {
                    return self.bad(at, &"no block to leave");
                }
                let (outer, ..) = self.block(state.block)?;
                self.arrive(step.value, State { depth: after as u16, ..outer }, at)
            }
            Op::WithCleanup => {
                if state.block == 0 {
                    return self.bad(at, &"no block to leave");
                }
                let (_, depth, op, handler) = self.block(state.block)?;
                if op != Op::SetupWith || state.depth != depth + 1 || at < handler {
                    return self.bad(at, &"not the end of a with block");
                }
                self.arrive(step.next, next, at)
            }
            Op::EndFinally => {
                if state.block == 0 {
                    return self.bad(at, &"no block to leave");
                }
                let (outer, depth, op, handler) = self.block(state.block)?;
                let expected = self.depth_after(op, depth, handler);
                if after as u16 != expected || at < handler {
                    return self.bad(at, &"not the end of a finally block");
                }
                self.arrive(step.next, State { depth: expected, ..outer }, at)
            }
            Op::UnwindJump => self.unwind_jump(at, state, step),
            _ => self.arrive(step.next, next, at),
        }
    }

    /// The stack's depth when a block's handler has ended: a with block's own values are gone by then.
    fn depth_after(&self, op: Op, depth: u16, handler: usize) -> u16 {
        if op == Op::SetupWith {
            return depth - 2;
        }
        #[cfg(feature = "language")]
        if op == Op::SetupFinally && self.is_async_with(handler) {
            return depth.saturating_sub(1);
        }
        let _ = handler;
        depth
    }

    /// Whether a finally block is the end of an `async with`: it looks at once whether an exception is on its way, and where it is not the
    /// manager is brought on top.
    #[cfg(feature = "language")]
    fn is_async_with(&self, handler: usize) -> bool {
        let Ok(first) = self.decode(handler) else { return false };
        let Ok(second) = self.decode(first.next) else { return false };
        let Ok(third) = self.decode(second.next) else { return false };
        let Ok(jump) = self.decode(third.next) else { return false };
        let turn = self.prelude.code.get(jump.value..).unwrap_or(&[]);
        first.op == Op::DupTop
            && second.op == Op::LoadGlobal
            && third.opcode == crate::opcodes::BINARY_MULTI + crate::opcodes::binary::EXCEPTION_MATCH
            && jump.op == Op::PopJumpIfFalse
            && turn.first() == Some(&crate::opcodes::ROT_THREE)
            && crate::opcodes::is_async_turn(&turn[1..])
    }

    /// A jump out of blocks: follows what the loop will do, block by block.
    fn unwind_jump(&mut self, at: usize, state: State, step: &Step) -> Parse<()> {
        let mut now = state;
        for _ in 0..step.byte & 0x7f {
            if now.block == 0 {
                return self.bad(at, &"no block to leave");
            }
            let (outer, depth, op, handler) = self.block(now.block)?;
            let mut left = State { depth: now.depth, ..outer };
            if op != Op::SetupExcept {
                if handler >= step.next {
                    // It will run from one value above its depth and end at its depth.
                    if now.depth != depth {
                        return self.bad(at, &"leaves a finally block at another depth");
                    }
                    if usize::from(depth) + 1 > self.prelude.n_state {
                        return self.bad(at, &"the stack is too deep");
                    }
                    left.depth = self.depth_after(op, depth, handler);
                } else {
                    // It runs already; its state is dropped.
                    let running = self.depth_after(op, depth, handler);
                    if now.depth != running + 1 {
                        return self.bad(at, &"leaves a finally block at another depth");
                    }
                    left.depth = now.depth - 1;
                }
            }
            now = left;
        }
        let popped = if step.byte & 0x80 != 0 { 4 } else { 0 };
        if popped > now.depth {
            return self.bad(at, &"takes more than the stack holds");
        }
        self.arrive(step.value, State { depth: now.depth - popped, ..now }, at)
    }
}
