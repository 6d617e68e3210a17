/* One body under several names, and names within others. */
int checked(int n) { return n * 7 + 1; }
int also_checked(int n) __attribute__((alias("checked")));
int weakly_checked(int n) __attribute__((weak, alias("checked")));
const int table[8] = { 1, 1, 2, 3, 5, 8, 13, 21 };
extern const int same_table[8] __attribute__((alias("table")));
int state[4] = { 4, 3, 2, 1 };
extern int state_alias[4] __attribute__((alias("state")));

__asm__(
    ".section .text.nested,\"ax\",%progbits\n"
    ".balign 4\n"
    ".global outer\n.type outer, %function\n.thumb_func\nouter:\n nop\n nop\n"
    ".global inner\n.type inner, %function\n.thumb_func\ninner:\n nop\n bx lr\n"
    ".size inner, . - inner\n"
    " nop\n .size outer, . - outer\n .text\n");
extern int outer(void);

int main(void) { return checked(3) + also_checked(4) + weakly_checked(5) + same_table[state_alias[1]] + outer(); }
