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
//! It needs a word of scratch for each byte of the function, taken from the free heap and given back.

use crate::code::{FLAG_GENERATOR, FLAG_VAR_ARGS, FLAG_VAR_KEYWORDS};
use crate::heap::Kind;
use crate::mpy::{CODE_MAX, EXC_MAX, Parse, Prelude, Reader, Refused, STATE_MAX};
use crate::opcodes::{Op, Operand, effects, op_of};
use crate::reasons::Reason;
use crate::value::Obj;
use crate::vm::Vm;

/// What indices in a function may refer to.
pub(crate) struct Limits {
    pub(crate) n_names: usize,
    pub(crate) n_consts: usize,
    pub(crate) n_children: usize,
}

/// What is known where an opcode is reached, in one word: the depth of the stack, how many exception blocks there are, and the innermost one,
/// as the offset of the opcode that began it plus one (0 for none). Never 0, see `Scratch`.
#[derive(Clone, Copy, PartialEq, Eq)]
struct State(u32);

const DEPTH_BITS: u32 = 10;
const BLOCKS_BITS: u32 = 4;
const BLOCK_SHIFT: u32 = DEPTH_BITS + BLOCKS_BITS;
const REACHED: u32 = 1 << 30;
const TO_WALK: u32 = 1 << 31;
const _: () = assert!(STATE_MAX < 1 << DEPTH_BITS && EXC_MAX < 1 << BLOCKS_BITS && CODE_MAX < 1 << (30 - BLOCK_SHIFT));

impl State {
    const START: State = State(REACHED);

    fn depth(self) -> usize {
        self.0 as usize & ((1 << DEPTH_BITS) - 1)
    }

    /// `depth` is at most `STATE_MAX`.
    fn with_depth(self, depth: usize) -> State {
        State(self.0 & !((1 << DEPTH_BITS) - 1) | depth as u32)
    }

    fn blocks(self) -> usize {
        (self.0 >> DEPTH_BITS) as usize & ((1 << BLOCKS_BITS) - 1)
    }

    /// The offset of the opcode that began the innermost block, plus one.
    fn block(self) -> usize {
        ((self.0 & !REACHED) >> BLOCK_SHIFT) as usize
    }

    /// Inside of one more block, which the opcode at `at` begins.
    fn inside(self, at: usize) -> State {
        let blocks = self.blocks() as u32 + 1;
        State(REACHED | (at as u32 + 1) << BLOCK_SHIFT | blocks << DEPTH_BITS).with_depth(self.depth())
    }
}

/// What is known at each byte of the function: a word of its state, 0 where it was not reached, with the high bit for "still to be walked".
struct Scratch(Obj);

/// How often a jump may lead back to where no path has been: once for each `while` loop.
const RESTARTS_MAX: usize = 500;

impl Scratch {
    fn get(&self, at: usize) -> Option<(State, bool)> {
        let word = self.0.raw(at) as u32;
        (word != 0).then_some((State(word & !TO_WALK), word & TO_WALK != 0))
    }

    fn set(&self, at: usize, state: State, to_walk: bool) {
        self.0.set_raw(at, (state.0 | if to_walk { TO_WALK } else { 0 }) as usize);
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
pub(crate) fn function(vm: &mut Vm, prelude: &Prelude, limits: &Limits) -> Parse<()> {
    head(prelude, limits)?;
    let len = prelude.len();
    let words = vm.alloc(Kind::Str, len)?;
    for at in 0..len {
        words.set_raw(at, 0);
    }
    let mut verifier = Verifier { prelude, limits, scratch: Scratch(words), lowest: 0 };
    let checked = verifier.walk();
    vm.heap.free(words);
    checked
}

/// Checks what the head promises about locals, names and cells.
fn head(prelude: &Prelude, limits: &Limits) -> Parse<()> {
    let bad = |reason| prelude.start.bad(reason);
    let stars = usize::from(prelude.flags & FLAG_VAR_ARGS != 0) + usize::from(prelude.flags & FLAG_VAR_KEYWORDS != 0);
    let n_args = prelude.n_pos + prelude.n_kwonly;
    if n_args + stars > prelude.n_state || prelude.n_default > prelude.n_pos {
        return bad(Reason::MoreArguments);
    }
    let mut names = Reader::new(prelude.names);
    for _ in 0..=n_args {
        match names.uint() {
            Ok(index) if index < limits.n_names => {}
            _ => return bad(Reason::NoArgumentName),
        }
    }
    if prelude.cells.iter().any(|local| usize::from(*local) >= prelude.n_state) {
        return bad(Reason::CellNoLocal);
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

/// Whether an opcode begins a with block, of which a build may have none.
fn is_with(op: Op) -> bool {
    cfg!(feature = "statements") && op == Op::SetupWith
}

impl Verifier<'_> {
    fn bad<V>(&self, at: usize, reason: Reason) -> Parse<V> {
        Err(Refused { reason: reason.or_malformed(), offset: (self.prelude.start.at + at) as u32 })
    }

    fn walk(&mut self) -> Parse<()> {
        self.arrive(0, State::START, 0)?;
        // Each opcode is walked once; a jump back to one not yet walked lowers the start.
        let (mut at, mut restarts) = (0, 0);
        while at < self.prelude.len() {
            self.lowest = usize::MAX;
            if let Some((state, true)) = self.scratch.get(at) {
                self.scratch.set(at, state, false);
                self.step(at, state)?;
            }
            if self.lowest < at {
                restarts += 1;
                if restarts > RESTARTS_MAX {
                    return self.bad(at, Reason::TooManyLoops);
                }
            }
            at = (at + 1).min(self.lowest);
        }
        self.no_overlap()
    }

    /// No opcode that is reached may begin inside another one that is reached.
    fn no_overlap(&self) -> Parse<()> {
        let mut free_from = 0;
        for at in 0..self.prelude.len() {
            if self.scratch.get(at).is_some() {
                if at < free_from {
                    return self.bad(at, Reason::JumpIntoOpcode);
                }
                free_from = self.decode(at)?.next;
            }
        }
        Ok(())
    }

    /// A path with this state reaches `target`.
    fn arrive(&mut self, target: usize, state: State, from: usize) -> Parse<()> {
        if target >= self.prelude.len() {
            return self.bad(from, Reason::LeavesFunction);
        }
        match self.scratch.get(target) {
            None => {
                self.scratch.set(target, state, true);
                self.lowest = self.lowest.min(target);
                Ok(())
            }
            Some((known, _)) if known == state => Ok(()),
            Some(_) => self.bad(target, Reason::PathsDiffer),
        }
    }

    fn decode(&self, at: usize) -> Parse<Step> {
        let start = self.prelude.start;
        let mut reader = Reader { at: start.at + at, ..start };
        let opcode = reader.byte()?;
        let op = op_of(opcode);
        if matches!(op, Op::Invalid | Op::Halt) {
            return self.bad(at, Reason::UnknownOpcode);
        }
        #[cfg(not(feature = "statements"))]
        if matches!(op, Op::SetupWith | Op::WithCleanup | Op::UnpackEx) {
            return reader.lacks(Reason::NoStatement);
        }
        let (_, _, operand) = effects(op);
        let mut byte = 0;
        let mut value = 0;
        match operand {
            Operand::None => {}
            Operand::Name | Operand::Uint | Operand::UintByte => value = reader.uint()?,
            Operand::Int => value = self.small_int(&mut reader)?,
            Operand::Forward | Operand::Signed | Operand::SignedByte => {
                let low = usize::from(reader.byte()?);
                let (distance, bias) = if low < 0x80 { (low, 0x40) } else { (low & 0x7f | usize::from(reader.byte()?) << 7, 0x4000) };
                let bias = if operand == Operand::Forward { 0 } else { bias };
                match (reader.at + distance).checked_sub(start.at + bias) {
                    Some(target) => value = target,
                    None => return self.bad(at, Reason::LeavesFunction),
                }
            }
        }
        if matches!(operand, Operand::UintByte | Operand::SignedByte) {
            byte = reader.byte()?;
        }
        Ok(Step { op, opcode, value, byte, next: reader.at - start.at })
    }

    /// Small ints must fit 31 bits: before the last seven there are at most 24.
    fn small_int(&self, reader: &mut Reader) -> Parse<usize> {
        let mut byte = reader.byte()?;
        let mut value = i32::from((byte << 1) as i8) >> 1;
        while byte >= 0x80 {
            byte = reader.byte()?;
            if !(-1 << 23..1 << 23).contains(&value) {
                return reader.bad(Reason::SmallIntTooLarge);
            }
            value = (value << 7) | i32::from(byte & 0x7f);
        }
        Ok(0)
    }

    /// The innermost block of a state: the state its opcode was reached with, its depth, whether it is not a plain except, its handler.
    fn block(&self, at: usize, state: State) -> Parse<(State, usize, Op, usize)> {
        let Some(begin) = state.block().checked_sub(1) else { return self.bad(at, Reason::NoBlock) };
        let step = self.decode(begin)?;
        let Some((outer, _)) = self.scratch.get(begin) else { return self.bad(at, Reason::NoBlockStart) };
        // A with block keeps `__exit__` and its self below.
        let depth = outer.depth() + usize::from(is_with(step.op));
        Ok((outer, depth, step.op, step.value))
    }

    fn step(&mut self, at: usize, state: State) -> Parse<()> {
        let step = self.decode(at)?;
        let (takes, gives, operand) = effects(step.op);
        let (mut takes, mut gives) = (usize::from(takes), usize::from(gives));
        if operand == Operand::Name && step.value >= self.limits.n_names {
            return self.bad(at, Reason::NoName);
        }
        let n_state = self.prelude.n_state;
        let value = step.value;
        match step.op {
            // The end of an `async with`, see `opcodes::is_async_turn`: two values change places.
            #[cfg(feature = "language")]
            Op::RotThree if crate::opcodes::is_async_turn(self.prelude.code().get(step.next..).unwrap_or(&[])) => {
                if state.depth() < 2 {
                    return self.bad(at, Reason::StackEmpty);
                }
                return self.arrive(step.next + 1, state, at);
            }
            Op::LoadFast | Op::StoreFast | Op::DeleteFast | Op::LoadDeref | Op::StoreDeref | Op::DeleteDeref if value >= n_state => {
                return self.bad(at, Reason::NoLocal);
            }
            Op::LoadFastMulti | Op::StoreFastMulti if usize::from(step.opcode & 0xf) >= n_state => {
                return self.bad(at, Reason::NoLocal);
            }
            Op::LoadConst if value >= self.limits.n_consts => return self.bad(at, Reason::NoConstant),
            Op::MakeFunction | Op::MakeFunctionDefaults | Op::MakeClosure | Op::MakeClosureDefaults if value >= self.limits.n_children => {
                return self.bad(at, Reason::NoFunction);
            }
            Op::MakeClosure | Op::MakeClosureDefaults => takes += usize::from(step.byte),
            Op::BuildTuple | Op::BuildList | Op::BuildSet => takes += value,
            Op::BuildSlice if value != 2 && value != 3 => return self.bad(at, Reason::SliceSize),
            Op::BuildSlice => takes += value,
            Op::UnpackSequence => gives += value,
            #[cfg(feature = "statements")]
            Op::UnpackEx if value > 0xffff => return self.bad(at, Reason::NumberTooLarge),
            #[cfg(feature = "statements")]
            Op::UnpackEx => gives += (value & 0xff) + (value >> 8) + 1,
            Op::Call | Op::CallVarKw | Op::CallMethod | Op::CallMethodVarKw if value > 0xffff => {
                return self.bad(at, Reason::NumberTooLarge);
            }
            Op::Call | Op::CallVarKw | Op::CallMethod | Op::CallMethodVarKw => takes += (value & 0xff) + 2 * (value >> 8),
            // Reads the container `value >> 2` slots below the top, and takes one or two.
            Op::StoreComp => {
                let items = if value & 3 == 1 { 2 } else { 1 };
                if value & 3 == 3 || value >> 2 < items || value >> 2 >= state.depth() {
                    return self.bad(at, Reason::NoContainer);
                }
                takes += items;
            }
            Op::Yield | Op::YieldFrom if self.prelude.flags & FLAG_GENERATOR == 0 => {
                return self.bad(at, Reason::NoGenerator);
            }
            _ => {}
        }
        let depth = state.depth();
        if takes > depth {
            return self.bad(at, Reason::StackEmpty);
        }
        let after = depth - takes + gives;
        // WITH_CLEANUP lays out three arguments where its state is.
        let high = if cfg!(feature = "statements") && step.op == Op::WithCleanup { depth + 2 } else { after.max(depth) };
        if high > n_state {
            return self.bad(at, Reason::StackFull);
        }
        self.flow(at, state, &step, after)
    }

    /// Where control goes from an opcode, and with what.
    fn flow(&mut self, at: usize, state: State, step: &Step, after: usize) -> Parse<()> {
        // Where it jumps to, if it does, and how it goes on behind it.
        let mut jump = None;
        let mut next = state.with_depth(after);
        match step.op {
            Op::Return | Op::RaiseObj | Op::RaiseLast | Op::RaiseFrom => return Ok(()),
            Op::Jump => return self.arrive(step.value, next, at),
            Op::PopJumpIfTrue | Op::PopJumpIfFalse => jump = Some(next),
            Op::JumpIfTrueOrPop | Op::JumpIfFalseOrPop => jump = Some(state),
            Op::ForIter => jump = Some(next.with_depth(after - 5)),
            Op::SetupExcept | Op::SetupFinally | Op::SetupWith => {
                if state.blocks() >= self.prelude.n_exc {
                    return self.bad(at, Reason::TooManyBlocks);
                }
                next = next.inside(at);
                // The handler starts with one value above the block's depth.
                let in_handler = if is_with(step.op) { after } else { after + 1 };
                if in_handler > self.prelude.n_state {
                    return self.bad(at, Reason::StackFull);
                }
                jump = Some(next.with_depth(in_handler));
            }
            Op::PopExceptJump => {
                let (outer, ..) = self.block(at, state)?;
                return self.arrive(step.value, outer.with_depth(after), at);
            }
            #[cfg(feature = "statements")]
            Op::WithCleanup => {
                let (_, depth, op, handler) = self.block(at, state)?;
                if op != Op::SetupWith || state.depth() != depth + 1 || at < handler {
                    return self.bad(at, Reason::NoWithEnd);
                }
            }
            Op::EndFinally => {
                let (outer, depth, op, handler) = self.block(at, state)?;
                let expected = self.depth_after(op, depth, handler);
                if after != expected || at < handler {
                    return self.bad(at, Reason::NoFinallyEnd);
                }
                next = outer.with_depth(expected);
            }
            Op::UnwindJump => return self.unwind_jump(at, state, step),
            _ => {}
        }
        if let Some(there) = jump {
            self.arrive(step.value, there, at)?;
        }
        self.arrive(step.next, next, at)
    }

    /// The stack's depth when a block's handler has ended: a with block's own values are gone by then.
    fn depth_after(&self, op: Op, depth: usize, handler: usize) -> usize {
        if is_with(op) {
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
        use crate::opcodes::{BINARY_MULTI, DUP_TOP, LOAD_GLOBAL, LOAD_METHOD, POP_JUMP_IF_FALSE, ROT_THREE, binary};
        let (mut at, mut target) = (handler, 0);
        for opcode in [DUP_TOP, LOAD_GLOBAL, BINARY_MULTI + binary::EXCEPTION_MATCH, POP_JUMP_IF_FALSE] {
            match self.decode(at) {
                Ok(step) if step.opcode == opcode => (at, target) = (step.next, step.value),
                _ => return false,
            }
        }
        let turn = self.prelude.code().get(target..).unwrap_or(&[]);
        turn.starts_with(&[ROT_THREE, ROT_THREE, LOAD_METHOD])
    }

    /// A jump out of blocks: follows what the loop will do, block by block.
    fn unwind_jump(&mut self, at: usize, state: State, step: &Step) -> Parse<()> {
        let mut now = state;
        for _ in 0..step.byte & 0x7f {
            let (outer, depth, op, handler) = self.block(at, now)?;
            let mut left = now.depth();
            if op != Op::SetupExcept {
                // One that will run starts one value above its depth and ends at its depth; of one that runs already the state is dropped.
                let after = self.depth_after(op, depth, handler);
                let runs = handler < step.next;
                if left != if runs { after + 1 } else { depth } {
                    return self.bad(at, Reason::LeavesFinally);
                }
                if depth >= self.prelude.n_state {
                    return self.bad(at, Reason::StackFull);
                }
                left = after;
            }
            now = outer.with_depth(left);
        }
        let popped = if step.byte & 0x80 != 0 { 4 } else { 0 };
        if popped > now.depth() {
            return self.bad(at, Reason::StackEmpty);
        }
        self.arrive(step.value, now.with_depth(now.depth() - popped), at)
    }
}
