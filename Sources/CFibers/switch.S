// The context switch, for x86-64 (System V) and arm64 (AAPCS64).
//
// Only what a function call preserves is saved: fiber_switch() is an ordinary call to the compiler, which has already
// spilled everything else. The floating-point control words (mxcsr, the x87 control word, fpcr) are left alone although
// the ABI counts them as preserved: nothing in this process changes them, and loading mxcsr costs more than the rest of
// the switch.
//
// Hardware shadow stacks (x86 CET, arm64 GCS) would fault on the first return after a switch. The linker marks a program
// as able to run with them only if every object says so; this one does not, so the kernel leaves them off. Indirect
// branch tracking does not exist in Linux user space; the landing pads below cost nothing and keep jumps valid where it
// does.
//
// fiber_resume, the second half of the switch, is an entry of its own: with the stack pointer set to a saved one it
// continues that context. The fault handler makes the thread return there.

#if defined(__x86_64__)

  // Saves what a function call preserves, notes where (first argument), and takes the other stack (second argument).
  .macro leave_for_other
  pushq %rbp
  .cfi_adjust_cfa_offset 8
  .cfi_rel_offset %rbp, 0
  pushq %rbx
  .cfi_adjust_cfa_offset 8
  .cfi_rel_offset %rbx, 0
  pushq %r12
  .cfi_adjust_cfa_offset 8
  .cfi_rel_offset %r12, 0
  pushq %r13
  .cfi_adjust_cfa_offset 8
  .cfi_rel_offset %r13, 0
  pushq %r14
  .cfi_adjust_cfa_offset 8
  .cfi_rel_offset %r14, 0
  pushq %r15
  .cfi_adjust_cfa_offset 8
  .cfi_rel_offset %r15, 0
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  .endm

  .text
  .p2align 6
  .globl fiber_switch
  .type fiber_switch, @function
  .globl fiber_resume
  .hidden fiber_resume
  .type fiber_resume, @function
fiber_switch:
  .cfi_startproc
  endbr64
  leave_for_other
fiber_resume:
  popq %r15
  .cfi_adjust_cfa_offset -8
  .cfi_restore %r15
  popq %r14
  .cfi_adjust_cfa_offset -8
  .cfi_restore %r14
  popq %r13
  .cfi_adjust_cfa_offset -8
  .cfi_restore %r13
  popq %r12
  .cfi_adjust_cfa_offset -8
  .cfi_restore %r12
  popq %rbx
  .cfi_adjust_cfa_offset -8
  .cfi_restore %rbx
  popq %rbp
  .cfi_adjust_cfa_offset -8
  .cfi_restore %rbp
  // A jump, not a return: the return predictor expects the caller of this very switch, and each miss costs about as
  // much as two whole switches.
  popq %rcx
  .cfi_adjust_cfa_offset -8
  .cfi_register %rip, %rcx
  notrack jmpq *%rcx
  .cfi_endproc
  .size fiber_resume, . - fiber_resume
  .size fiber_switch, . - fiber_switch

  // The same, with nothing in the registers that a function call does not preserve: what a fiber leaves on its stack
  // then does not depend on who has switched to it. A push that only aligns the stack stores whatever a register holds.
  .p2align 4
  .globl fiber_switch_clear
  .type fiber_switch_clear, @function
fiber_switch_clear:
  .cfi_startproc
  endbr64
  leave_for_other
  xorl %eax, %eax
  xorl %ecx, %ecx
  xorl %edx, %edx
  xorl %esi, %esi
  xorl %edi, %edi
  xorl %r8d, %r8d
  xorl %r9d, %r9d
  xorl %r10d, %r10d
  xorl %r11d, %r11d
  jmp fiber_resume
  .cfi_endproc
  .size fiber_switch_clear, . - fiber_switch_clear

  // The first frame of every fiber: fiber_prepare() leaves the function in rbx and its argument in r12. The undefined
  // return address ends a debugger's backtrace here.
  .p2align 4
  .globl fiber_entry
  .hidden fiber_entry
  .type fiber_entry, @function
fiber_entry:
  .cfi_startproc
  .cfi_undefined %rip
  endbr64
  movq %r12, %rdi
  callq *%rbx
  ud2
  .cfi_endproc
  .size fiber_entry, . - fiber_entry

#elif defined(__aarch64__)

  // Saves what a function call preserves, notes where (first argument), and takes the other stack (second argument).
  .macro leave_for_other
  sub sp, sp, #160
  .cfi_adjust_cfa_offset 160
  stp x19, x20, [sp, #0]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  .cfi_rel_offset x19, 0
  .cfi_rel_offset x20, 8
  .cfi_rel_offset x21, 16
  .cfi_rel_offset x22, 24
  .cfi_rel_offset x23, 32
  .cfi_rel_offset x24, 40
  .cfi_rel_offset x25, 48
  .cfi_rel_offset x26, 56
  .cfi_rel_offset x27, 64
  .cfi_rel_offset x28, 72
  .cfi_rel_offset x29, 80
  .cfi_rel_offset x30, 88
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  .endm

  .text
  .p2align 6
  .globl fiber_switch
  .type fiber_switch, %function
  .globl fiber_resume
  .hidden fiber_resume
  .type fiber_resume, %function
fiber_switch:
  .cfi_startproc
  hint #34 // bti c
  leave_for_other
fiber_resume:
  ldp x19, x20, [sp, #0]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #160
  .cfi_adjust_cfa_offset -160
  .cfi_restore x19
  .cfi_restore x20
  .cfi_restore x21
  .cfi_restore x22
  .cfi_restore x23
  .cfi_restore x24
  .cfi_restore x25
  .cfi_restore x26
  .cfi_restore x27
  .cfi_restore x28
  .cfi_restore x29
  .cfi_restore x30
  ret
  .cfi_endproc
  .size fiber_resume, . - fiber_resume
  .size fiber_switch, . - fiber_switch

  // The same, with nothing in the registers that a function call does not preserve.
  .p2align 4
  .globl fiber_switch_clear
  .type fiber_switch_clear, %function
fiber_switch_clear:
  .cfi_startproc
  hint #34 // bti c
  leave_for_other
  mov x0, xzr
  mov x1, xzr
  mov x2, xzr
  mov x3, xzr
  mov x4, xzr
  mov x5, xzr
  mov x6, xzr
  mov x7, xzr
  mov x8, xzr
  mov x9, xzr
  mov x10, xzr
  mov x11, xzr
  mov x12, xzr
  mov x13, xzr
  mov x14, xzr
  mov x15, xzr
  mov x16, xzr
  mov x17, xzr
  b fiber_resume
  .cfi_endproc
  .size fiber_switch_clear, . - fiber_switch_clear

  // The first frame of every fiber: fiber_prepare() leaves the function in x19 and its argument in x20. The undefined
  // return address ends a debugger's backtrace here.
  .p2align 4
  .globl fiber_entry
  .hidden fiber_entry
  .type fiber_entry, %function
fiber_entry:
  .cfi_startproc
  .cfi_undefined x30
  hint #36 // bti j
  mov x0, x20
  blr x19
  brk #1
  .cfi_endproc
  .size fiber_entry, . - fiber_entry

#else
#error "fiber_switch() is written for x86-64 and arm64"
#endif

  .section .note.GNU-stack, "", %progbits
