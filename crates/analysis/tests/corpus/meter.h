#define QUANTITIES 6u
void print(const char *format, ...);
void send(const char *text);
int receive(void);
unsigned crc(const unsigned char *bytes, unsigned count);
const char *spoken(int word);
const char *colour(unsigned level);
