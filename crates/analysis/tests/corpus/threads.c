/* Variables of threads: a template in flash, a copy for each thread, which is no static RAM. */
__thread int errors = 3;
__thread char name[12] = "a thread";
__thread int counters[16];
static char stacks[2][128];
static void *thread_pointer = stacks[0];

/* The ABI lets it change r0 only. */
void *__aeabi_read_tp(void) { return thread_pointer; }

__attribute__((noinline)) int count(int what)
{
    errors += what == 99;
    return ++counters[what & 15];
}

int main(void)
{
    thread_pointer = stacks[1];
    return count(1) + errors + name[0];
}
