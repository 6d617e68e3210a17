/* A meter: commands come over a line, readings are filtered and printed. It has what firmware has: literals that several functions use,
   tables, a switch over many words, constants that are no integers, formatted output, state that starts with a value. */
#include "meter.h"

static const unsigned short crc_table[16] = {
    0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50a5, 0x60c6, 0x70e7,
    0x8108, 0x9129, 0xa14a, 0xb16b, 0xc18c, 0xd1ad, 0xe1ce, 0xf1ef,
};
static const char *const names[] = { "voltage", "current", "power", "energy", "temperature", "humidity" };
static const char *const units[] = { "V", "A", "W", "Wh", "C", "%" };
static char line[80];
static unsigned fill;
float gain[QUANTITIES] = { 1.0f, 0.125f, 3.3f, 0.001f, 1.8f, 1.0f };
float readings[QUANTITIES];
const char *volatile greeting = "meter ready, type help";
int common_counter;

static void put(char c)
{
    if (fill + 1 < sizeof line)
        line[fill++] = c;
}

static void put_text(const char *text)
{
    while (*text)
        put(*text++);
}

static void put_number(unsigned n, unsigned base, int width, char pad)
{
    char digits[12];
    int count = 0;
    do
        digits[count++] = "0123456789abcdef"[n % base];
    while (n /= base);
    for (; width > count; width--)
        put(pad);
    while (count)
        put(digits[--count]);
}

static void put_float(float f)
{
    if (f < 0.0f) {
        put('-');
        f = -f;
    }
    f += 0.0005f;
    unsigned whole = (unsigned)f;
    put_number(whole, 10, 1, ' ');
    put('.');
    put_number((unsigned)((f - (float)whole) * 1000.0f), 10, 3, '0');
}

/* printf, as far as a meter needs it. */
void print(const char *format, ...)
{
    __builtin_va_list list;
    __builtin_va_start(list, format);
    fill = 0;
    for (; *format; format++) {
        if (*format != '%') {
            put(*format);
            continue;
        }
        switch (*++format) {
        case 'd': {
            int n = __builtin_va_arg(list, int);
            if (n < 0) {
                put('-');
                n = -n;
            }
            put_number((unsigned)n, 10, 0, ' ');
            break;
        }
        case 'u': put_number(__builtin_va_arg(list, unsigned), 10, 0, ' '); break;
        case 'x': put_number(__builtin_va_arg(list, unsigned), 16, 8, '0'); break;
        case 'c': put((char)__builtin_va_arg(list, int)); break;
        case 's': put_text(__builtin_va_arg(list, const char *)); break;
        case 'f': put_float((float)__builtin_va_arg(list, double)); break;
        case '%': put('%'); break;
        default: put_text("(what?)");
        }
    }
    line[fill] = 0;
    send(line);
    __builtin_va_end(list);
}

unsigned crc(const unsigned char *bytes, unsigned count)
{
    unsigned sum = 0xffff;
    while (count--) {
        sum = (sum << 4) ^ crc_table[(sum >> 12 ^ *bytes >> 4) & 15];
        sum = (sum << 4) ^ crc_table[(sum >> 12 ^ *bytes++) & 15];
    }
    return sum & 0xffff;
}

float filtered(unsigned quantity, float raw)
{
    float old = readings[quantity];
    return readings[quantity] = old + (raw * gain[quantity] - old) * 0.1875f;
}

#ifdef FEATURE
static __attribute__((noinline)) void calibrated(int value)
{
    print("calibrated %d quantities\n", value % QUANTITIES);
}
#endif

int command(int word, int value)
{
    switch (word) {
    case 0: print("%s\n", greeting); return 0;
    case 1: for (unsigned i = 0; i < QUANTITIES; i++) print("%s = %f %s\n", names[i], (double)readings[i], units[i]); return 1;
    case 2: gain[value % QUANTITIES] *= 1.0625f; print("gain of %s is now %f\n", names[value % QUANTITIES], (double)gain[value % QUANTITIES]); return 2;
    case 3: print("checksum %x\n", crc((const unsigned char *)readings, sizeof readings)); return 3;
    case 4: print("%d commands so far\n", common_counter); return common_counter;
    case 5: print("meter ready, type help\n"); return 5;
    case 6: for (unsigned i = 0; i < QUANTITIES; i++) readings[i] = 0.0f; print("all readings are zero\n"); return 6;
    case 7: print("this is a %s with %u quantities%c\n", "meter", QUANTITIES, '.'); return 7;
#ifdef FEATURE
    case 8: calibrated(value); print("calibrated all\n"); return 8;
#endif
    default: print("there is no command %d, type help\n", word); return -1;
    }
}

int main(void)
{
    for (;;) {
        int word = receive();
        common_counter++;
        if (word >= 100)
            filtered((unsigned)word % QUANTITIES, (float)(word - 100) * 0.00122f);
        else
            command(word, receive());
    }
}
